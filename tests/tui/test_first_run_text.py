"""The first page and the troubles, as text."""

from dataclasses import replace

import pytest

from llmrouter_tui.core.domain import BackendView, Problem
from llmrouter_tui.core.events import FetchProgress
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.tui import first_run_text, text, trouble_text
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.symbols import SYMBOLS
from llmrouter_tui.tui.text import Look
from tests.tui import scripted
from tests.tui.scripted import BARE, EMPTY, NOW, SNAPSHOT, TAKEN

LOOK = Look()
OLLAMA = BackendView("ollama", "ollama", "http://127.0.0.1:11434", "up", NOW - 60, "0.9.1", 0)


def store(snapshot: Snapshot = EMPTY, **changes: object) -> Store:
    made = Store()
    made.reset(replace(snapshot, **changes))  # type: ignore[arg-type]
    return made


def said(lines: list[text.Line]) -> str:
    return "\n".join(text.plain(line).rstrip() for line in lines)


def checks(data: Store) -> str:
    return said(first_run_text.checks(data, NOW, 110, LOOK))


def starter(data: Store) -> str:
    return said(first_run_text.starter(data, 110, LOOK))


def test_it_applies_only_when_the_router_answers_and_has_no_model() -> None:
    assert not first_run_text.applies(Store())
    assert first_run_text.applies(store())
    assert not first_run_text.applies(store(SNAPSHOT))


def test_the_usual_addresses_are_named_with_what_they_answered() -> None:
    shown = checks(store(backends=(OLLAMA,)))
    assert "✓ Ollama      http://127.0.0.1:11434   answers, and has no model" in shown
    assert "✗ llama.cpp   http://127.0.0.1:8080    nothing answers" in shown
    assert "✗ LM Studio   http://127.0.0.1:1234" in shown
    assert "✗ vLLM        http://127.0.0.1:8000" in shown
    assert "looked for again" in shown


def test_where_the_configuration_names_backends_only_those_are_told_of() -> None:
    mine = replace(OLLAMA, name="den", url="http://10.0.0.5:11434", health="down", since=NOW - 12, detail="no route",
                   configured=True)  # fmt: skip
    shown = checks(store(backends=(mine,)))
    assert "✗ den         http://10.0.0.5:11434    down 12s: no route" in shown
    assert "LM Studio" not in shown
    assert "only these" in shown


def test_configured_backends_that_are_all_down_are_no_welcome_to_nothing() -> None:
    far = BackendView("openrouter", "openai", "https://openrouter.ai/api", "down", NOW - 4, "no route", configured=True)
    shown = checks(store(backends=(far,)))
    assert "Welcome. The configured backend does not answer." in shown
    assert "https://openrouter.ai/api  down 4s: no route" in shown
    assert "embedded" not in shown
    assert "No configured backend answers." in checks(store(backends=(far, replace(far, name="other"))))
    engine = BackendView("embedded", "embedded", "", "up", NOW)
    assert "found no GGUF file" in checks(store(backends=(far, engine)))


def test_what_is_wrong_comes_first_unless_the_panel_above_tells_of_it() -> None:
    key = Problem("api_key_missing", "openrouter has no key: OPENROUTER_API_KEY is not set", "set it and start again")
    data = store(service=replace(SNAPSHOT.service, problems=(key, *TAKEN.service.problems)))
    shown = checks(data)
    wrong = shown.index("Attention ! openrouter has no key: OPENROUTER_API_KEY is not set; set it and start again")
    assert wrong < shown.index("Backends")
    assert "could not listen" not in shown
    assert "Attention" not in checks(store())


def test_a_server_at_an_unusual_address_is_listed_too() -> None:
    assert "http://127.0.0.1:9999" in checks(store(backends=(replace(OLLAMA, url="http://127.0.0.1:9999"),)))


def test_gpus_are_counted_and_none_is_fine() -> None:
    assert "✓ RTX 4090 24.0G,  RTX 3060 12.0G" in checks(store())
    assert "none found, and none needed: models run in 64.0G of RAM" in checks(store(BARE))
    broken = replace(scripted.DEVICES[0], problem="the driver does not answer")
    assert "! GPU0  the driver does not answer" in checks(store(devices=(broken,)))


@pytest.mark.parametrize(
    ("state", "words"),
    [("serving", "clients use http://127.0.0.1:11436/v1"), ("starting", "opening"), ("failed", "could not be opened")],
)
def test_the_port_says_how_it_is(state: str, words: str) -> None:
    assert words in checks(store(service=replace(SNAPSHOT.service, state=state)))


def test_without_the_engine_the_words_say_what_to_install() -> None:
    data = store(BARE)
    assert first_run_text.state(data) == "missing"
    assert "pip install 'llmrouter-tui[embedded]'" in starter(data)
    assert first_run_text.why_not_get(data) == "the embedded engine is not installed"
    assert "embedded    runs models by itself    not installed" in checks(data)


def test_the_offer_says_what_it_is_and_how_large() -> None:
    shown = starter(store())
    assert "SmolLM2-135M-Instruct, 93 MB" in shown
    assert first_run_text.why_not_get(store()) == ""


def test_progress_is_by_size() -> None:
    data = store(fetch=FetchProgress("fetching", 46_000_000, 92_000_000))
    shown = starter(data)
    assert "46 of 92 MB   50%" in shown
    bar = shown.splitlines()[1]
    assert bar.count("▓") == bar.count("·") == 24
    assert first_run_text.why_not_get(data) == "it is on its way"
    assert starter(store(fetch=FetchProgress("verifying", 9, 90))).splitlines()[1].startswith("checking")
    assert "%" not in starter(store(fetch=FetchProgress("fetching", 0, 0)))


def test_a_failure_is_told_in_its_own_words_and_can_be_tried_again() -> None:
    data = store(fetch=FetchProgress("failed", 0, 0, "The disk is full: the starter model was not kept."))
    assert "The disk is full" in starter(data)
    assert first_run_text.why_not_get(data) == ""


def test_what_was_cancelled_left_nothing() -> None:
    assert "nothing was left behind" in starter(store(fetch=FetchProgress("cancelled", 0, 0)))


def test_the_curl_line_is_complete() -> None:
    line = first_run_text.curl(store())
    assert line.startswith("curl http://127.0.0.1:11436/v1/chat/completions -H 'content-type: application/json' -d '{")
    assert '"model":"auto"' in line


@pytest.mark.parametrize("cells", [56, 78, 104])
def test_nothing_is_wider_than_the_screen(cells: int) -> None:
    for data in (store(), store(BARE), store(fetch=FetchProgress("fetching", 1, 92_000_000))):
        for lines in (
            first_run_text.checks(data, NOW, cells, LOOK),
            first_run_text.starter(data, cells, LOOK),
            first_run_text.outro(data, cells, LOOK),
        ):
            assert max(text.line_width(line) for line in lines) <= cells


def test_the_ascii_set_is_ascii() -> None:
    look = Look(SYMBOLS["ascii"])
    for data in (store(backends=(OLLAMA,)), store(BARE), store(fetch=FetchProgress("fetching", 1, 92_000_000))):
        shown = said([*first_run_text.checks(data, NOW, 78, look), *first_run_text.starter(data, 78, look)])
        assert shown.isascii()


# ── troubles ──────────────────────────────────────────────────────────────────────────────────────────────────────


def troubles(snapshot: Snapshot, cells: int = 100, asked: int | None = None) -> str:
    return said(trouble_text.lines(store(snapshot), NOW, cells, LOOK, asked))


def test_all_is_well_says_nothing() -> None:
    assert trouble_text.title(store(SNAPSHOT)) == ""
    assert troubles(SNAPSHOT) == ""


def test_a_port_that_is_taken_says_who_and_offers_the_next() -> None:
    shown = troubles(TAKEN)
    assert "What   could not listen on 127.0.0.1:11436 (address already in use)" in shown
    assert "Who    pid 8123 python -m llmrouter_tui holds it" in shown
    assert trouble_text.next_port(store(TAKEN)) == 11437
    assert "trying port 11437" in troubles(TAKEN, asked=11437)


def test_an_address_that_cannot_be_had_is_said_with_what_to_do() -> None:
    closed = Problem(
        "not_serving", "cannot listen on 10.9.9.9: this machine has no such address", "give --host another"
    )
    snapshot = replace(TAKEN, service=replace(TAKEN.service, problems=(closed,)))
    assert trouble_text.title(store(snapshot)) == "The proxy is not running"
    shown = troubles(snapshot)
    assert "What   cannot listen on 10.9.9.9" in shown
    assert "Help   give --host another" in shown


def test_there_is_no_port_above_the_last() -> None:
    last = replace(TAKEN, service=replace(TAKEN.service, port=65_535))
    assert trouble_text.next_port(store(last)) == 65_535


def test_a_database_that_cannot_be_written_says_what_goes_on() -> None:
    assert trouble_text.title(store(scripted.LOCKED)) == "Nothing is being saved"
    shown = troubles(scripted.LOCKED)
    assert "the database is locked by another program" in shown
    assert "routing goes on, and what is not written yet waits" in shown


def test_when_no_backend_is_left_each_is_named_with_its_reason() -> None:
    assert trouble_text.title(store(scripted.DESERTED)) == "No backend answers"
    shown = troubles(scripted.DESERTED)
    assert "✗ ollama http://127.0.0.1:11434 down 12s: connection refused" in shown
    assert shown.count("connection refused") == 3


def test_one_backend_of_several_is_no_matter_for_a_panel() -> None:
    assert trouble_text.title(store(SNAPSHOT)) == ""
