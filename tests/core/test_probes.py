"""Probes: what an answer shows, of models that can, that cannot, and that only look as if they could."""

import base64
import json
from collections.abc import Callable

import pytest

from llmrouter_tui.core.picture import COLOURS, WORDS
from llmrouter_tui.core.probes import SCRIPTS
from llmrouter_tui.core.probes.formats import read_call, read_json, read_schema
from llmrouter_tui.core.probes.parts import Ask, Embed, Facts, Failure, Finding, Said
from llmrouter_tui.core.probes.reading import LONG, diary
from llmrouter_tui.core.probes.sight import read_picture
from llmrouter_tui.core.probes.thinking import thought
from llmrouter_tui.core.probes.vectors import read_vectors
from llmrouter_tui.core.prompts import ToolCall
from tests.core.test_picture import read

FACTS = Facts("toolbox-vision-8b", "box", context=4096, prefill=1000.0)
Model = Callable[[Ask | Embed], Said | Failure]


def found(need: str, model: Model, seed: int = 7, facts: Facts = FACTS) -> Finding:
    """What a probe finds of a model that answers so."""
    script = SCRIPTS[need](seed, facts)
    try:
        asked = next(script)
        while True:
            asked = script.send(model(asked))
    except StopIteration as end:
        finding: Finding = end.value
        return finding


def says(text: str) -> Model:
    return lambda asked: Said(text)


NETWORK = Failure("backend_unreachable", "box at http://127.0.0.1:1 refused the connection.")
TIMEOUT = Failure("prompt_timeout", "it took longer than 20 s")


@pytest.mark.parametrize("need", SCRIPTS)
@pytest.mark.parametrize(
    "failure",
    [
        NETWORK,
        TIMEOUT,
        Failure("backend_error", "box (toolbox-vision-8b) failed: HTTP 500"),
        Failure("rate_limited", "box is busy: image quota for this tool, embed later", lasting=True),
        Failure("invalid_request", "box (toolbox-vision-8b) refused the request: temperature must be 1", lasting=True),
    ],
)
def test_what_fails_for_another_reason_is_unknown_and_never_no(need: str, failure: Failure) -> None:
    finding = found(need, lambda asked: failure)
    assert (finding.can, finding.reason) == (None, failure.words)
    assert finding.how == failure.code


@pytest.mark.parametrize(
    ("need", "words"),
    [
        ("tools", "registry.ollama.ai/library/phi4 does not support tools"),
        ("tools", '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        ("vision", "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"),
        ("vision", "m is not a multimodal model"),
        ("json", "response_format is not supported by this model"),
        ("thinking", '"phi4" does not support thinking'),
        ("embedding", "This server does not support embeddings. Start it with `--embeddings`"),
        ("embedding", "box does not know this call: 404: Not Found"),
    ],
)
def test_what_a_server_says_for_good_that_it_cannot_is_no_in_its_words(need: str, words: str) -> None:
    failure = Failure("invalid_request", f"box (toolbox-vision-8b) cannot do what the request needs: {words}", True)
    finding = found(need, lambda asked: failure)
    assert finding.can is False
    assert words in finding.reason


def test_a_model_or_server_is_not_taken_for_what_it_is_called() -> None:
    failure = Failure("invalid_request", "tools (image-reader) refused the request: n must be 1", lasting=True)
    for need in ("tools", "vision"):
        assert found(need, lambda asked: failure, facts=Facts("image-reader", "tools")).can is None
    short = Failure("invalid_request", "e (m) cannot do what the request needs: no embeddings", lasting=True)
    assert found("embedding", lambda asked: short, facts=Facts("m", "e")).can is False


# ── vision ──


def sees(asked: Ask | Embed) -> tuple[str, str]:
    """Word and colour, as a model that sees would tell them."""
    assert isinstance(asked, Ask)
    url = asked.content[1]["image_url"]["url"]  # type: ignore[index]
    word, ground = read(base64.b64decode(url.partition(",")[2]))
    return word, next(name for name, rgb in COLOURS.items() if rgb == ground)


def test_who_names_word_and_colour_sees() -> None:
    finding = found("vision", lambda asked: Said("It says {} on a {} ground.".format(*sees(asked))))
    assert finding.can
    assert finding.reason.startswith("it read ")


def test_a_text_model_that_guesses_is_found_out_whatever_it_guesses() -> None:
    colours = [*COLOURS]
    guesses = [f"The word is {word.title()} on {colours[at % len(colours)]}." for at, word in enumerate(WORDS)]
    right = sum(bool(found("vision", says(guess), seed).can) for seed, guess in enumerate(guesses))
    assert right <= 2
    assert not found("vision", says(" ".join((*WORDS, *COLOURS)))).can
    assert not found("vision", lambda asked: Said(sees(asked)[1])).can


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("ROCKET, blue", True),
        ("**Rocket** on a navy background, with white letters", True),
        ("R O C K E T, blue", True),
        ("<think>red? no</think>rocket blue", True),
        ("ROCKET", False),
        ("blue", False),
        ("ROCKET on red", False),
        ("ROCKETS, blue", False),
        ("ROCKET or PEPPER, blue", False),
        ("ROCKET, blue or green", False),
        ("I am a text model and cannot see pictures.", False),
        ("", False),
    ],
)
def test_only_this_word_and_this_colour_are_right(text: str, right: bool) -> None:
    assert read_picture(Said(text), "ROCKET", "blue").can is right


def test_who_misreads_once_is_shown_another_picture() -> None:
    shown: list[tuple[str, str]] = []

    def model(asked: Ask | Embed) -> Said:
        shown.append(sees(asked))
        return Said("ROCKED, blue" if len(shown) == 1 else " ".join(shown[-1]))

    assert found("vision", model).can
    assert len(set(shown)) == 2


# ── tools ──


def called(city: str = "Oslo", unit: str = "celsius", name: str = "get_weather") -> Said:
    return Said(calls=(ToolCall(name, json.dumps({"city": city, "unit": unit})),))


def test_the_right_call_with_the_right_arguments_is_yes() -> None:
    assert read_call(called(), "Oslo", "celsius").can
    assert read_call(called("Oslo, Norway"), "Oslo", "celsius").can


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (called("Bergen"), "does not tell"),
        (called(unit="kelvin"), "unit"),
        (called(name="set_alarm"), "set_alarm is called"),
        (Said(calls=(ToolCall("get_weather", "{oops"),)), "not JSON"),
        (Said(calls=(*called().calls, ToolCall("set_alarm", '{"time": "07:00"}'))), "set_alarm is called too often"),
        (Said("It is sunny in Oslo."), "no tool is called"),
        (Said('<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>'), "as text"),
    ],
)
def test_other_calls_and_calls_as_text_are_no(said: Said, words: str) -> None:
    finding = read_call(said, "Oslo", "celsius")
    assert finding.can is False
    assert words in finding.reason


def test_each_try_asks_of_another_city_and_unit() -> None:
    asked: list[str] = []

    def model(ask: Ask | Embed) -> Said:
        assert isinstance(ask, Ask)
        asked.append(str(ask.content))
        return Said("Sunny.")

    assert found("tools", model).can is False
    assert len(set(asked)) == 2


# ── JSON ──


@pytest.mark.parametrize(
    ("said", "can", "words"),
    [
        (Said('{"animal": "cat"}'), True, "bare"),
        (Said("<think>hm</think>\n{}"), True, "bare"),
        (Said('```json\n{"animal": "cat"}\n```'), False, "code fence"),
        (Said('Here you are: {"animal": "cat"}'), False, "Here you are"),
        (Said('["cat"]'), False, "no JSON object"),
        (Said("A cat is a small animal."), False, "A cat is"),
        (Said(""), False, "nothing"),
        (Said('{"animal": "cat", "says": "meow meow', cut=True), None, "end"),
        (Said("A cat is a small", cut=True), False, "A cat"),
    ],
)
def test_json_mode_is_kept_by_bare_objects_only(said: Said, can: bool | None, words: str) -> None:
    finding = read_json(said)
    assert finding.can is can
    assert words in finding.reason


def test_a_schema_is_kept_where_names_and_values_are_those_it_gives() -> None:
    assert not read_schema(Said('{"creature": "owl", "spot": "roof", "sits": true}'))
    assert "creature" in read_schema(Said('{"animal": "owl", "spot": "roof", "sits": true}'))
    assert "not JSON" in read_schema(Said("An owl on a roof."))


def test_json_with_and_without_schemas_is_told_apart() -> None:
    def strict(asked: Ask | Embed) -> Said:
        assert isinstance(asked, Ask)
        kept = asked.fields["response_format"]["type"] == "json_schema"
        return Said('{"creature": "cat", "spot": "gate", "sits": false}' if kept else '{"name": "Tom", "tail')

    assert found("json", strict).how == "schema"
    assert found("json", says('{"name": "Tom"}')).how == "object"
    assert found("json", says("```json\n{}\n```")).can is False
    assert found("json", lambda asked: Said("{" + " " * 900, cut=True)).can is None


# ── thinking ──


@pytest.mark.parametrize(
    ("said", "thinks"),
    [
        (Said("yes", "12 times 80 is 960"), True),
        (Said("<think>12 times 80</think>no"), True),
        (Said("<think>12 times 80 is", cut=True), True),
        (Said("12 times 80 is 960.</think>no"), True),
        (Said("no", reasoning_tokens=40), True),
        (Said("no"), False),
        (Said("<think>\n\n</think>\n\nno"), False),
        (Said("Let me think step by step: 12 times 80 is 960, so no."), False),
        (Said("", cut=True), False),
    ],
)
def test_thinking_is_what_comes_apart_or_between_tags(said: Said, thinks: bool) -> None:
    assert thought(said) is thinks


@pytest.mark.parametrize(
    ("default", "switched", "can", "how"),
    [
        ("t", "", True, "default"),
        ("t", "t", True, "always"),
        ("", "t", True, "asked"),
        ("", "", False, ""),
    ],
)
def test_whether_it_can_be_switched_is_tried_too(default: str, switched: str, can: bool, how: str) -> None:
    def model(asked: Ask | Embed) -> Said:
        assert isinstance(asked, Ask)
        return Said("no", switched if asked.fields else default)

    finding = found("thinking", model)
    assert (finding.can, finding.how) == (can, how)


def test_a_server_that_refuses_the_switch_leaves_it_as_it_is() -> None:
    def model(asked: Ask | Embed) -> Said | Failure:
        assert isinstance(asked, Ask)
        refusal = Failure("invalid_request", "Unrecognized request argument: chat_template_kwargs", lasting=True)
        return refusal if asked.fields else Said("no", "12 times 80")

    assert found("thinking", model).how == "always"


def test_hosted_servers_are_asked_in_the_words_of_their_dialect() -> None:
    seen: list[object] = []

    def model(asked: Ask | Embed) -> Said:
        assert isinstance(asked, Ask)
        seen.append(dict(asked.fields))
        return Said("no", reasoning_tokens=9)

    found("thinking", model, facts=Facts("o4", "openai", hosted=True))
    assert seen == [{}, {"reasoning_effort": "none"}]


# ── embeddings ──


@pytest.mark.parametrize(
    ("vectors", "can"),
    [
        ([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]], True),
        ([[0.1, 0.2, 0.3]], False),
        ([[0.1, 0.2], [0.1, 0.2, 0.3]], False),
        ([[0.5], [0.6]], False),
        ([[0.0, 0.0], [0.0, 0.0]], False),
        ([[0.1, 0.2], [0.1, 0.2]], False),
        ([[float("nan"), 0.2], [0.1, 0.2]], False),
        ([], False),
    ],
)
def test_each_text_has_its_own_vector(vectors: list[list[float]], can: bool) -> None:
    assert read_vectors(vectors, 2).can is can


# ── context ──


def reader(window: int, *, finds: bool = True, counts: bool = True, refuses: bool = False) -> Model:
    """Reads so many tokens, of four characters each, and cuts the beginning off what is longer, unless it refuses."""

    def model(asked: Ask | Embed) -> Said | Failure:
        assert isinstance(asked, Ask)
        text = str(asked.content)
        tokens = len(text) // 4
        if tokens > window and refuses:
            return Failure("context_length_exceeded", "The request is longer than the context of box", lasting=True)
        seen = text[-4 * window :]
        codes = [line.split()[-1].rstrip(".") for line in seen.splitlines() if line.startswith("Note: the code")]
        told = " ".join(codes) if finds or tokens < 700 else "I do not know"
        return Said(told, prompt_tokens=min(tokens, window) if counts else None)

    return model


def test_who_reads_it_all_finds_both_codes() -> None:
    finding = found("context", reader(4096))
    assert finding.can
    assert finding.tokens is not None
    assert 0.85 * 4096 < finding.tokens <= 0.95 * 4096


def test_a_server_that_cuts_silently_is_caught_by_what_it_counts() -> None:
    finding = found("context", reader(2000))
    assert (finding.can, finding.how, finding.tokens) == (False, "cut", 2000)


def test_a_server_that_cuts_and_does_not_count_is_caught_by_what_is_missing() -> None:
    assert found("context", reader(2000, counts=False)).how == "lost"
    assert found("context", reader(4096, counts=False)).can


def test_a_model_that_reads_and_does_not_find_is_told_from_a_server_that_cuts() -> None:
    assert found("context", reader(4096, finds=False)).how == "lost"


def test_a_server_that_takes_less_than_it_says_is_caught() -> None:
    assert found("context", reader(2000, refuses=True)).how == "refused"


def test_who_finds_nothing_in_a_short_text_shows_nothing_of_its_context() -> None:
    finding = found("context", says("the the of and"))
    assert (finding.can, finding.reason) == (None, "it does not find two codes in a short text either")


def test_what_would_take_too_long_is_not_tried() -> None:
    slow = Facts("m", context=131_072, prefill=300.0)
    finding = found("context", lambda asked: pytest.fail("it was asked"), facts=slow)
    assert (finding.can, finding.how) == (None, LONG)
    assert finding.reason == "reading 117,916 tokens would take about 393 s"
    assert found("context", reader(9), facts=Facts("m")).reason == "how long its context is, is not told"


@pytest.mark.parametrize("length", [500, 2_000, 60_000, 400_000])
def test_the_diary_holds_its_codes_once_and_is_as_long_as_it_should_be(length: int) -> None:
    codes, text = diary(3, length)
    assert [text.count(code) for code in codes] == [1, 1]
    assert length * 0.6 < len(text) < length + 400
    assert text.index(codes[0]) < 0.6 * len(text)
    assert diary(4, length)[0] != codes
