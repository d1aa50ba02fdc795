"""The filter language: what is printed parses back, and what cannot be understood is told."""

import math
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmrouter_tui.core.decision import Attempt, Exchange, Feedback, Usage
from llmrouter_tui.core.exchange_query import FIELDS, parse_query, passes
from llmrouter_tui.core.query import LONGEST, QueryError
from tests.storage.facts import DECISION, exchange

ONE = exchange(
    1,
    client="Open WebUI",
    prompt="Merge two  sorted lists",
    answer="def merge(a, b):",
    ttft=0.4,
    seconds=3.0,
    usage=Usage(10, 154),
    attempts=(Attempt("a/small", "failed"), Attempt("a/big", "ok")),
    rating=Feedback("x000001", "down", 1.0, -1.0, ("too slow",), "Käse", "a/big", "coding"),
)

_texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
_words = st.one_of(_texts, st.sampled_from(["a b", 'say "hi"', "task:code", "!no", "\\", "x:y", "qwen3:8b"]))
_numbers = st.tuples(st.sampled_from(["<", "<=", ">", ">=", "="]), st.floats(-1e6, 1e6)).map(lambda n: f"{n[0]}{n[1]}")


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_terms = st.one_of(
    _words.map(quoted),
    st.tuples(st.sampled_from([f for f in FIELDS if FIELDS[f].kind == "text"]), _words).map(
        lambda t: f"{t[0]}:{quoted(t[1])}"
    ),
    st.tuples(st.sampled_from([f for f in FIELDS if FIELDS[f].kind == "number"]), _numbers).map(":".join),
    st.sampled_from(["you:+", "you:-", "you:none", "rating:good"]),
    st.sampled_from(["since:2h", 'before:"2026-11-20 14:00"', "since:1970-01-01", "before:1m30s"]),
)
queries = st.lists(st.tuples(st.sampled_from(["", "!"]), _terms).map("".join), max_size=4).map(" ".join)


@given(queries)
def test_what_is_printed_parses_to_itself(written: str) -> None:
    query = parse_query(written)
    assert parse_query(str(query)) == query


@given(st.text(max_size=40))
@example("margin:<1e999")
def test_whatever_is_typed_is_understood_or_refused_in_words(written: str) -> None:
    try:
        query = parse_query(written)
    except QueryError as error:
        assert str(error)
    else:
        assert parse_query(str(query)) == query


@given(queries)
def test_a_mark_in_front_of_a_single_term_inverts_it(written: str) -> None:
    terms = parse_query(written).terms
    for term in terms:
        there, not_there = parse_query(str(term)), parse_query(str(replace(term, negate=not term.negate)))
        assert passes(there, ONE) is not passes(not_there, ONE)


@pytest.mark.parametrize(
    "written",
    [
        "task:code",
        "model:BIG",
        "backend:a",
        "you:-",
        "you:bad",
        "margin:<.25",
        "margin:>=.2",
        "difficulty:=.5",
        "state:retried",
        "state:ok",
        'text:"two  sorted"',
        "text:MERGE(A",
        'client:"open webui"',
        "key:alice",
        "ttft:<2s",
        "tokens:154",
        "cost:>$.01",
        "score:>79%",
        "of:2",
        "needs:tools level:medium lang:en",
        "note:KÄSE",
        'reason:"too slow"',
        "!state:failed !you:+ !text:haystack",
        "sorted !spoon",
        "since:1970-01-01T00:00:01Z !since:1970-01-01T00:00:02Z",
        "before:1970-01-01T00:00:02Z !before:1970-01-01T00:00:01Z",
        "code:",
    ],
)
def test_an_exchange_is_found_by_what_it_is(written: str) -> None:
    if written == "code:":
        with pytest.raises(QueryError, match="of what"):
            parse_query(written)
        return
    assert passes(parse_query(written), ONE)
    assert not passes(parse_query(f'{written} "is nowhere"'), ONE)


def test_what_has_no_number_is_never_compared() -> None:
    nothing = Exchange("x", 0.0)
    for field in {field.name for field in FIELDS.values() if field.kind == "number"}:
        assert not passes(parse_query(f"{field}:<1e9".replace("1e9", "999999999")), nothing)
        assert passes(parse_query(f"!{field}:<1"), nothing)
    alone = exchange(2, decision=replace(DECISION, candidates=DECISION.candidates[:1]))
    assert not passes(parse_query("margin:<1"), alone)


@pytest.mark.parametrize(
    ("written", "said", "unfinished"),
    [
        ("margin:low", "margin: compares a number, as in margin:<.05", False),
        ("margin:<", "compares a number", True),
        ("task:", "task: of what\\? For example task:code", True),
        ("taks:code", 'no field taks: is task: meant\\? In quotes it is a word: "taks:code"', False),
        ("you:maybe", "you: is one of \\+, -, ", False),
        ("you:no", "you: is one of", True),
        ("since:20", "since: takes 2h, 14:00, yesterday", True),
        ("before:2026-02-30x", "before: takes 2h", False),
        ('text:""', "nothing to look for", True),
        ("x" * (LONGEST + 1), "at most 500 characters", False),
    ],
)
def test_what_is_wrong_is_said_with_the_way_out(written: str, said: str, unfinished: bool) -> None:
    with pytest.raises(QueryError, match=said) as caught:
        parse_query(written)
    assert caught.value.unfinished is unfinished


def test_the_name_of_a_model_is_a_word_and_the_last_quotes_may_stay_open() -> None:
    assert str(parse_query("qwen3:8b")) == '"qwen3:8b"'
    assert parse_query('text:"two sor') == parse_query('text:"two sor"')


def test_times_are_spans_before_now_times_of_the_last_day_or_days() -> None:
    now = datetime(2026, 11, 23, 15, 10, 30).timestamp()

    def at(written: str) -> datetime:
        (term,) = parse_query(written, now).terms
        return datetime.fromtimestamp(float(term.value))

    assert at("since:2h30m") == datetime(2026, 11, 23, 12, 40, 30)
    assert at("before:1w") == datetime(2026, 11, 16, 15, 10, 30)
    assert at("since:14:05") == datetime(2026, 11, 23, 14, 5)
    assert at("since:15:11") == datetime(2026, 11, 22, 15, 11)
    assert at("since:yesterday") == datetime(2026, 11, 22)
    assert at('before:"2026-11-20 14:00"') == at("before:2026-11-20T14:00") == datetime(2026, 11, 20, 14)
    assert at("since:2026-11-20T14:00Z").timestamp() == at("since:2026-11-20T15:00+01:00").timestamp()


def test_a_query_tells_between_when_and_when_its_exchanges_arrived() -> None:
    query = parse_query("since:3h since:2h !since:1h before:30m !before:4h task:code", 1e6)
    assert query.span() == (1e6 - 7200, 1e6 - 3600)
    assert parse_query("task:code").span() == (-math.inf, math.inf)
