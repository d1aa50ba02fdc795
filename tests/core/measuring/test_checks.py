"""How answers are told right from wrong, kind by kind, in the forms that models really use."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmrouter_tui.core import demands as d
from llmrouter_tui.core.checking.answers import check_choice, check_exact
from llmrouter_tui.core.checking.numbers import check_number
from llmrouter_tui.core.checking.structured import check_calls, check_json
from llmrouter_tui.core.checking.terms import check_demands, check_terms
from llmrouter_tui.core.checking.text import spoken, unechoed
from llmrouter_tui.core.checks import check
from llmrouter_tui.core.prompt_set import PROMPTS, needles, prompt
from llmrouter_tui.core.prompts import Call, Calls, Choice, Demands, Exact, Json, Number, Terms, ToolCall, Verdict
from llmrouter_tui.core.shapes import AllOf, Each, Fields, Holds, OfType, fields, is_

# ── thinking ──


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("<think>maybe 7</think>8", "8"),
        ("<think>maybe 7", ""),
        ("maybe 7</think>\n8", "8"),
        ("<think>a</think>8<think>b</think>", "8"),
        ("<THINK>\nmaybe\n7</THINK>\n\n8", "8"),
        ("<thinking>maybe 7</thinking> 8", "8"),
        ("I think 8", "I think 8"),
    ],
)
def test_what_was_only_thought_is_not_the_answer(answer, left):
    assert spoken(answer) == left


def test_a_repeated_question_is_no_answer_but_what_follows_on_it_is():
    assert unechoed("What is 2+2?\n\nWhat is 2+2?", ("What is 2+2?",)) == ""
    assert unechoed("**What is 2 + 2?** 4", ("What is 2+2?",)) == "4"
    assert check(prompt("math-sum"), "What is 27 + 38? Just the number.") == Verdict(0, "it only repeats the question")
    assert check(prompt("math-sum"), "What is 27 + 38? Just the number.\n\n65").right


# ── short answers ──


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("Canberra", True),
        ("canberra.", True),
        ("**Canberra**", True),
        ('"Canberra"', True),
        ("The capital of Australia is Canberra.", True),
        ("It is Canberra, not Sydney.", True),
        ("Not Sydney but Canberra.", True),
        ("It isn't Sydney; it's Canberra.", True),
        (
            (
                "It is Canberra. The city was planned from 1908 on and lies between the two largest cities, "
                "Sydney and Melbourne, which had both wanted to be the capital themselves for many years."
            ),
            True,
        ),
        ("The answer to the question of the capital is Canberra, and I say so as one who lives in Sydney.", False),
        ("The answer to your question is: Canberra", True),
        ("Many think of Sydney first, as it is the largest city.\n\nAnswer: Canberra", True),
        ("Let me see.\n\nSo the answer is **Canberra**.", True),
        (r"\boxed{\text{Canberra}}", True),
        ("Sydney", False),
        ("Sydney or Canberra", False),
        ("It is Sydney, not Canberra.", False),
        ("Not Canberra.", False),
        ("Canberran", False),
        ("Answer: Sydney. (Canberra is smaller.)", False),
        ("", False),
        ("Canberra " * 40, False),
    ],
)
def test_a_name_counts_when_it_is_claimed_and_not_when_it_is_denied(answer, right):
    assert check_exact(Exact(("Canberra",), ("Sydney",)), answer).right is right


def test_accents_articles_and_punctuation_make_no_difference():
    assert check_exact(Exact(("Westfälischer Friede",)), "Der westfalischer friede!").right
    assert check_exact(Exact(("0317 55 82",)), "0317-55-82").right
    assert check_exact(Exact(("参議院",)), "「参議院」です。").right


# ── numbers ──


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (1234567, "1,234,567"),
        (1234567, "1.234.567"),
        (1234567, "1 234 567"),
        (1234567, "1'234'567"),
        (1234.5, "1,234.50"),
        (1234.5, "1.234,50 €"),
        (3.14, "3,14"),
        (0.5, ".5"),
        (0.75, "3/4"),
        (0.75, r"\frac{3}{4}"),
        (0.75, "¾"),
        (3.5, "3 1/2"),
        (-5, "-5"),
        (-5, "−5 °C"),
        (0.12, "12 %"),
        (12, "12%"),
        (6.02e23, "6.02 × 10^23"),
        (6.02e23, "6.02 × 10²³"),
        (6.02e23, "6.02e23"),
        (42, "forty-two"),
        (7, "Seven."),
        (12, "zwölf"),
        (42, "The answer is 42, which is 2 more than 40."),
        (42, "6 * 7 = 42"),
        (42, "**Answer:** 42 apples out of 60"),
        (42, "Answer: 40 + 2 = 42"),
        (42, "$$\\boxed{42}$$ as 40 + 2 is asked."),
        (42, "First 10, then 20.\nSo 42 remain."),
        (42, "In the end there are 42 coins in 3 bags."),
        (42, "Respuesta: 42 horas"),
        (42, "答案是：42"),
        (42, "It is **42**, I am sure of it, even if 43 is close."),
    ],
)
def test_a_number_is_read_however_it_is_written(value, answer):
    assert check_number(Number(value, 1e-6 * max(1, abs(value))), answer).right


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (42, "43"),
        (42, "The answer is 43, not 42."),
        (42, "42 was my first guess, but the answer is 41."),
        (42, "Answer: 42 or 43"),
        (42, "4.2"),
        (42, "420"),
        (42, "-42"),
        (42, "There is no answer."),
        (42, ""),
        (0.75, "4/3"),
        (5, "3/0"),
        (42, "\\boxed{}"),
    ],
)
def test_another_number_is_wrong(value, answer):
    assert not check_number(Number(value), answer).right


def test_a_tolerance_is_absolute():
    near = Number(0.7182818, 0.0002)
    assert check_number(near, "0.7183").right
    assert not check_number(near, "0.72").right


# ── letters ──

OPTIONS = Choice("B", ("Mercury", "Venus", "Earth", "Mars"))


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("B", True),
        ("b", True),
        ("(B)", True),
        ("B.", True),
        ("B) Venus", True),
        ("**B**", True),
        ("Option B", True),
        ("The answer is B.", True),
        ("The correct answer is (B) Venus, because A is too small.", True),
        ("Answer: B", True),
        ("Antwort: B", True),
        (r"\boxed{B}", True),
        ("Venus", True),
        ("It must be Venus.", True),
        ("Not C but B.", True),
        ("B, not C.", True),
        ("It is not A. C is too far away as well.\n\nAnswer: B", True),
        ("A careful look says B.", True),
        ("Not Mars, Venus.", True),
        ("C", False),
        ("The answer is C, not B.", False),
        ("not B but C", False),
        ("B or C", False),
        ("Both B and C are right.", False),
        ("A and B", False),
        ("Mars", False),
        ("Venus or Mars", False),
        ("It is hard to say.", False),
        ("E", False),
        ("A) Mercury\nB) Venus\nC) Earth\nD) Mars", False),
        ("", False),
    ],
)
def test_a_letter_counts_when_it_is_the_one_that_the_answer_settles_on(answer, right):
    assert check_choice(OPTIONS, answer).right is right


# ── JSON ──

PERSON = Json(fields(name=is_("Ada"), born=is_(1815), tags=Each((is_("math"), is_("code")), ordered=False)))
RIGHT_JSON = '{"name": "ada", "born": 1815.0, "tags": ["code", "math"]}'


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT_JSON,
        f"```json\n{RIGHT_JSON}\n```",
        f"Here you are:\n```\n{RIGHT_JSON}\n```\nAnything else?",
        f"Sure! {RIGHT_JSON} is what I found in [the text].",
    ],
)
def test_json_is_found_in_fences_and_in_prose(answer):
    assert check_json(PERSON, answer).right


def test_where_only_json_is_allowed_prose_around_it_is_wrong():
    bare = Json(PERSON.shape, bare=True)
    assert check_json(bare, RIGHT_JSON).right
    assert check_json(bare, f"```json\n{RIGHT_JSON}\n```").right
    assert check_json(bare, f"Here: {RIGHT_JSON}") == Verdict(0, "it is not JSON alone")


@pytest.mark.parametrize(
    ("answer", "passed", "reason"),
    [
        ('{"name": "Ada", "born": "1815", "tags": ["math", "code"]}', 3 / 4, 'born is "1815", not 1815'),
        ('{"name": "Ada", "born": 1815}', 2 / 4, "tags is missing"),
        ('{"name": "Ada", "born": 1815, "tags": ["math"]}', 3 / 4, "tags[1] is missing"),
        ('{"name": "Ada", "born": 1815, "tags": ["math", "code"], "age": 3}', 4 / 5, "age was not asked for"),
        ('["Ada"]', 0, "the whole is a list, not an object"),
        ("{'name': 'Ada'}", 0, "it is not JSON"),
        ("Ada, 1815", 0, "it is not JSON"),
    ],
)
def test_wrong_values_count_by_their_share_and_are_named(answer, passed, reason):
    verdict = check_json(PERSON, answer)
    assert verdict.passed == pytest.approx(passed)
    assert reason in verdict.reason


def test_types_are_strict():
    for shape, good, bad in [
        (OfType("integer"), "3.0", "3.5"),
        (OfType("number"), "3.5", "true"),
        (OfType("string"), '"x"', "1"),
        (OfType("boolean"), "false", "0"),
        (OfType("null"), "null", '""'),
        (OfType("array"), "[]", "{}"),
        (OfType("object"), "{}", "[]"),
        (is_(True), "true", "1"),
        (is_(1), "1", "true"),
        (is_(None), "null", "0"),
        (Holds(("venus",)), '"The Venus"', '"Mars"'),
        (AllOf(OfType("integer"), 1, 2), "[1, 2]", "[]"),
        (Fields((("a", is_(1)),), extra=True), '{"a": 1, "b": 2}', '{"b": 2}'),
    ]:
        assert check_json(Json(shape), good).right, (shape, good)
        assert not check_json(Json(shape), bad).right, (shape, bad)


# ── tools ──

TWO = Calls(
    (
        Call("light", (("room", is_("hall")), ("on", is_(False)))),
        Call("timer", (("minutes", is_(8)),), (("label", Holds(("egg",))),)),
    )
)


def call(name, **arguments):
    return ToolCall(name, json.dumps(arguments))


def test_calls_are_right_in_any_order_with_or_without_what_is_optional():
    light, timer = call("light", room="Hall", on=False), call("timer", minutes=8.0)
    assert check_calls(TWO, "", [light, timer]).right
    assert check_calls(TWO, "", [call("timer", minutes=8, label="Eggs!"), light]).right


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ([], "no tool is called"),
        ([call("light", room="hall", on=False)], "timer is not called as often as it should be"),
        ([call("light", room="hall", on="false"), call("timer", minutes=8)], 'light: on is "false", not false'),
        ([call("light", room="hall"), call("timer", minutes=8)], "light: on is missing"),
        ([call("light", room="hall", on=False), call("timer", minutes=8, label="tea")], "timer: label"),
        ([call("light", room="hall", on=False), call("timer", minutes=8, volume=3)], "volume was not asked for"),
        ([call("light", room="hall", on=False), ToolCall("timer", "{minutes: 8}")], "of timer are not JSON"),
        ([call("light", room="hall", on=False), ToolCall("timer", "[8]")], "of timer are no object"),
        (
            [call("light", room="hall", on=False), call("timer", minutes=8), call("timer", minutes=8)],
            "called too often",
        ),
        ([call("lamp", room="hall", on=False), call("timer", minutes=8)], "lamp is called, not light"),
    ],
)
def test_wrong_calls_are_worth_less_than_half_and_are_named(made, reason):
    verdict = check_calls(TWO, "I have done it.", made)
    assert verdict.passed < 0.5
    assert reason in verdict.reason


def test_where_no_tool_helps_a_call_is_wrong_and_so_is_silence():
    none = Calls(says=(("deep",),))
    assert check_calls(none, "Deep.", []).right
    assert check_calls(none, "", []).passed == 0
    assert check_calls(none, "High.", []).passed == 0
    assert check_calls(none, "Deep.", [call("light", room="hall", on=True)]).passed == 0


# ── terms ──


@pytest.mark.parametrize(
    ("answer", "passed"),
    [
        ("The dog sleeps in the garden.", 1),
        ("The dog is sleeping in the yard.", 1),
        ("The dog eats in the garden.", 4 / 9),
        ("The dogma of sleepers: a garden party", 4 / 9),
        ("Der dog sleeps im Garten", 0),
        ("Der Hund schläft in dem Garten.", 0),
        ("", 0),
    ],
)
def test_a_text_is_judged_by_the_words_that_it_cannot_do_without(answer, passed):
    terms = Terms((("dog",), ("sleep*",), ("garden", "yard")), ("Garten",))
    assert check_terms(terms, answer).passed == pytest.approx(passed)


def test_the_wrong_language_and_too_many_words_are_wrong():
    assert not check_terms(Terms((("table",),), language="fr"), "The table is on the floor of the house.").passed
    assert check_terms(Terms((("table",),), language="fr"), "La table est dans la maison de mon père.").right
    assert not check_terms(Terms((("Pia",),), most_words=3), "I think that Pia cannot.").passed


def test_terms_of_other_scripts_are_found_anywhere():
    assert check_terms(Terms((("ご注文",), ("お待ち",))), "ご注文ありがとうございます。お待ちください。").right


# ── demands ──


@pytest.mark.parametrize(
    ("demand", "good", "bad"),
    [
        (d.Words(3, 4), "well-known facts, plainly", "one two"),
        (d.Words(3, 3), "It's 3.5 – really", "It's – 3.5"),
        (d.Characters(2, 5), "今日は", "今日はいい天気です"),
        (d.Sentences(2, 2), "Dr. Lee paid 3.50 euros. He left!", "One. Two. Three."),
        (d.Sentences(2, 2), 'He said "no." Then he left.', "He left"),
        (d.Sentences(2, 2), "今日は晴れです。散歩します。", "今日は晴れです"),
        (d.Lines(2, 2), "a\n\nb\n", "a"),
        (d.Paragraphs(2, 2), "a\nb\n \nc", "a\nb\nc"),
        (d.Bullets(2, 2), "Look:\n- a\n* b", "- a"),
        (d.Bullets(2, 2, only=True), "- a\n- b", "Look:\n- a\n- b"),
        (d.Bullets(1, 1), "• a", "-a"),
        (d.Steps(2), "1. a\n2. b", "1. a\n3. b"),
        (d.Steps(2), "**1.** a\n**2.** b", "a\nb"),
        (d.Has(("Moon",)), "the moon!", "the moonlight"),
        (d.Has(("moon",), 2), "moon, Moon", "moon moon moon"),
        (d.Has(("?",), 1), "Why?", "Why??"),
        (d.HasAny(("sun", "moon")), "moon", "mars"),
        (d.Lacks(("sea",)), "season", "the Sea"),
        (d.LacksCharacters("e,"), "a dog", "the dog"),
        (d.Starts("Dear"), "**Dear** you", "Oh dear"),
        (d.Ends("the end."), "It is the end.", "It is the end. Bye."),
        (d.Ends("sky"), "into the sky.", "the sky above"),
        (d.Literal("a-b"), " a-b\n", "a-b."),
        (d.InCase("lower"), "straße, ok", "Ok"),
        (d.InCase("upper"), "STRAßE 1", "Ok"),
        (d.InCase("title"), "Old Man's Tale", "Old man"),
        (d.InCase("lower"), "x", "123"),
        (d.InLanguage("de"), "Das ist nicht mein Hund.", "This is not my dog."),
        (d.InLanguage("es"), "El perro no es de la casa.", "xyz"),
        (d.InLanguage("zh"), "今天的天气很好", "今日はいい天気です"),
        (d.Csv("a,b", 1), "```csv\na, b\n1,2\n```", "a,b\n1,2,3"),
        (d.Csv("a,b", 1), "a,b\n1,2", "1,2\na,b"),
        (d.Table(("A", "B"), 1), "|A|B|\n|---|:-:|\n|1|2|", "|A|B|\n|1|2|"),
        (d.Table(("A", "B"), 1), "| **A** | B |\n|-|-|\n| 1 | 2 |\n\nDone.", "|A|C|\n|-|-|\n|1|2|"),
        (d.Acrostic("CAT"), "Come\nAnd\n*Talk*", "Cat\nDog"),
        (d.Alphabet("A"), "A big cat", "A cat"),
        (d.Growing((1, 2)), "a\nb c", "a\nb"),
        (d.EachLine(d.Words(1, 2)), "1. a b\n- c", "a\nb c d"),
        (d.Part("line", -1, d.Ends("!")), "a\nb!", "a!\nb"),
        (d.Part("paragraph", 1, d.Words(1, 1)), "a b\n\nc", "a"),
    ],
)
def test_a_demand_is_met_or_says_what_is_wrong(demand, good, bad):
    assert demand.fault(good) == ""
    assert demand.fault(bad)


def test_demands_met_in_part_are_worth_little():
    three = Demands((d.Words(1, 3), d.Lacks(("no",)), d.Ends("end")))
    assert check_demands(three, "to the end").right
    assert check_demands(three, "a b c").passed == pytest.approx(4 / 9 / 2)
    assert 'does not end with "end"' in check_demands(three, "a b c").reason


# ── whatever a model says ──

ALL = (*PROMPTS, *map(needles.needle, needles.CONTEXTS))
ONE_OF_EACH = tuple({type(one.check): one for one in ALL}.values())
PIECES = (
    *("<think>", "</think>", "```", "```python\n", "{", "}", "[", '"', "\\boxed{", "Answer:", "B)", "1,2", "3/0", "|"),
    *("\n", "10^", "²", "def f(:", "\x00", "\ud800", "ß", "ﬁ", "١٢", "e999", "A or", "not ", "-", "1e5", "…", " "),
)
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=25).map("".join)
MONOTONOUS = (
    *("<think>", "</think>", "\\boxed{", "answer is ", "answer is*", "final ", "{", "[", '{"a":', "1,", "1 ", "10^"),
    *("A or ", "- ", "not ", "| ", "```\n", "def f():\n", "(", "=", "'", "\n", ".", "e.g.", "9", "1/", "!?", "**"),
)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.lists(st.builds(ToolCall, st.text(max_size=9), TEXTS), max_size=3))
def test_no_text_and_no_call_makes_a_check_fail(answer, made):
    for one in ALL:
        verdict = check(one, answer, made)
        assert verdict is None or (0 <= verdict.passed <= 1 and verdict.reason)


@pytest.mark.parametrize("piece", MONOTONOUS)
def test_long_monotonous_text_is_checked_in_a_time_that_grows_no_faster_than_it(piece):
    text = piece * (40_000 // len(piece))
    started = time.process_time()
    for one in ONE_OF_EACH:
        check(one, text)
    assert time.process_time() - started < 3, "about a tenth of a second is usual, minutes are what must not be"
