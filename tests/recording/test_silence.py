"""What a recording without texts holds of what was said: nothing."""

from dataclasses import replace
from typing import Any

import msgspec

from llmrouter_tui import codec
from llmrouter_tui.core import events as ev
from llmrouter_tui.core.decision import Attempt, Feedback
from llmrouter_tui.core.domain import Rest
from llmrouter_tui.core.grades import Grade, JudgeView
from llmrouter_tui.core.profile import ModelProgress, ProfileRun, Seen
from llmrouter_tui.recording.silence import TREATED, WORDLESS, quiet, quiet_snapshot
from tests.tui import scripted
from tests.tui.scripted import NOW, SMALL, SNAPSHOT

SAID = "quite private"
RATING = Feedback("x1", "down", NOW, -1.0, ("too slow", SAID), SAID)
EXCHANGE = replace(
    scripted.EXCHANGES[3],
    prompt=SAID, answer=SAID, message=SAID, rating=RATING, attempts=(Attempt(SMALL, "failed", message=SAID),),
)  # fmt: skip
RUN = ProfileRun(
    True, models=(ModelProgress(SMALL, message=SAID),), question=SAID, answer=SAID,
    seen=(Seen("p1", "math", "failed", reason=SAID),),
)  # fmt: skip
MODEL = replace(scripted.MODELS[0], rest=Rest(NOW, 3, SAID))
LINE = ev.LogLine(NOW, "warn", "route", f"8f21 {SMALL}: {SAID}")
FACTS: list[ev.Fact] = [
    ev.ExchangeStarted(EXCHANGE),
    ev.ExchangeFinished(EXCHANGE),
    ev.AttemptFailed("x1", EXCHANGE.attempts[0]),
    ev.Rated(RATING),
    ev.ModelsChanged((MODEL,)),
    ev.ProfileChanged(RUN),
    ev.Graded(Grade("g", NOW, "j", SMALL, "math", 0.4, "exchange", "x1", None, SAID, question=SAID, answer=SAID)),
    ev.JudgeChanged(JudgeView("failed", "j", message=SAID)),
    LINE,
]


def written(fact: ev.Fact) -> str:
    return codec.encode(ev.Envelope(1, NOW, NOW, fact)).decode()


def test_of_every_kind_of_fact_it_is_known_whether_it_has_texts() -> None:
    assert set(ev.FACTS) == WORDLESS | TREATED
    assert not WORDLESS & TREATED
    assert {type(fact).__name__ for fact in FACTS} == TREATED


def test_no_word_of_a_fact_is_left_and_its_figures_stay() -> None:
    for fact in FACTS:
        silent = quiet(fact)
        assert SAID in written(fact)
        assert silent is not None
        assert SAID not in written(silent), type(fact).__name__
    finished: Any = quiet(FACTS[1])
    assert (finished.exchange.usage, finished.exchange.decision) == (EXCHANGE.usage, EXCHANGE.decision)
    assert finished.exchange.rating.reasons == ("too slow",), "a reason that the screen offers is no text"


def test_of_a_warning_it_stays_what_it_is_about() -> None:
    silent: Any = quiet(LINE)
    assert silent.text == "8f21 ollama/llama3.1:8b: (not recorded)"
    info = replace(LINE, level="info")
    assert quiet(info) == info


def test_no_word_of_a_snapshot_is_left() -> None:
    full = replace(SNAPSHOT, exchanges=(EXCHANGE,), models=(MODEL,), log=(LINE,), profile=RUN)
    full = replace(full, judge=JudgeView("failed", "j", message=SAID))
    assert SAID.encode() in codec.encode_snapshot(full)
    assert SAID.encode() not in codec.encode_snapshot(quiet_snapshot(full))


def test_secrets_never_leave() -> None:
    secret = replace(scripted.SETTINGS[0], key="admin_api_key", value="sesame-open", secret=True)
    assert "sesame" not in written(ev.SettingChanged(secret))
    assert b"sesame" not in codec.encode_snapshot(replace(SNAPSHOT, settings=(secret,)))
    assert msgspec.json.decode(codec.encode_snapshot(replace(SNAPSHOT, settings=(secret,))))["settings"][0]["value"]
