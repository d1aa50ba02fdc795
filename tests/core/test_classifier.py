"""The trained reader: what the shipped weights tell of prompts and conversations, and what reading costs."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.brain import dump, load, weights
from llmrouter_tui.core.classifier import EASIEST, OUTPUTS, ZERO, Sorted, grams, marks, numbers, sort_out, zones
from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.core.kinds import KIND_TASKS, KINDS, TASK_OF_KIND
from llmrouter_tui.core.reading import clip, read_turn
from tests.core.prompts import EVERYDAY, HARD


def marked(text: str) -> tuple[float, ...]:
    text = clip(text)
    return marks(weights(), text, read_turn(text))


def told(*turns: str, system: str = "", answered: bool = False) -> Sorted:
    """Of a conversation, oldest turn first."""
    last, *before = [marked(turn) for turn in reversed(turns)]
    return sort_out(last, before, marked(system) if system else (), answered)


def task(found: Sorted) -> str:
    return TASKS[found.tasks.index(max(found.tasks))]


def kind(found: Sorted) -> str:
    return KINDS[found.kinds.index(max(found.kinds))]


# ── the shipped weights ──


def test_the_shipped_file_has_a_row_per_word_and_a_column_per_output() -> None:
    shipped = weights()
    assert len(shipped.scales) == len(shipped.bias) == len(shipped.numbers) == OUTPUTS == len(KINDS) + 2
    assert len(shipped.rows) > 5000
    assert all(0 <= row < 1 << (8 * 3 * OUTPUTS) for row in shipped.rows.values())
    text = clip("x")
    assert {len(row) for row in shipped.numbers} == {len(numbers(text, read_turn(text)))}


def test_no_text_longer_than_a_few_words_is_in_it() -> None:
    assert max(len(word.split(" ")) for word in weights().rows) == 2


def test_what_is_written_is_read_again() -> None:
    cells = bytes([ZERO + 5] * OUTPUTS + [ZERO - 3] * OUTPUTS)
    made = load(dump(["one", "two words"], cells, [0.5] * OUTPUTS, [[0.25]] * OUTPUTS, [1.0] * OUTPUTS))
    assert set(made.rows) == {"one", "two words"}
    assert made.rows["one"] & 0xFF == ZERO + 5
    assert made.rows["two words"] & 0xFF == ZERO - 3
    assert (made.scales[0], made.numbers[0], made.bias[0]) == (0.5, (0.25,), 1.0)


def test_weights_of_another_make_are_refused() -> None:
    short = dump(["one"], bytes([ZERO] * OUTPUTS), [1.0], [[0.0]], [0.0])
    assert load(short).scales == (1.0,)
    import zlib

    with pytest.raises(ValueError, match="format 9"):
        load(zlib.compress(b'{"format": 9, "outputs": 27}\n\n\n'))


def test_every_kind_is_of_one_of_the_nine_tasks() -> None:
    assert set(KIND_TASKS.values()) == set(TASKS)
    assert [TASKS[i] for i in TASK_OF_KIND] == list(KIND_TASKS.values())


# ── one prompt ──


@given(st.text(max_size=400))
def test_kinds_and_tasks_sum_to_one_and_easiness_is_bounded_for_any_text(text: str) -> None:
    found = told(text)
    assert sum(found.kinds) == pytest.approx(1)
    assert sum(found.tasks) == pytest.approx(1)
    assert min(found.kinds) >= 0
    assert -EASIEST <= found.easiness <= EASIEST
    assert 0 < found.difficulty < 1


def test_the_same_text_is_always_read_alike() -> None:
    assert marked("Prove that 2 + 2 = 4") == marked("Prove that 2 + 2 = 4")


def test_nearly_all_everyday_prompts_of_many_languages_get_a_right_task() -> None:
    rows = [*EVERYDAY, *HARD]
    assert len({row[1] for row in rows}) >= 10
    wrong = [text for text, _, right, _ in rows if task(told(text)) not in right.split()]
    assert len(wrong) <= 0.05 * len(rows), wrong


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "pt", "ru", "zh", "ja", "ko", "ar"])
def test_no_language_is_left_behind(language: str) -> None:
    rows = [row for row in (*EVERYDAY, *HARD) if row[1] == language]
    right = sum(task(told(text)) in tasks.split() for text, _, tasks, _ in rows)
    assert rows
    assert right >= 0.8 * len(rows)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tom has 3 boxes with 12 eggs each and sells 5 eggs. How many eggs are left?", "word"),
        ("Write a python function that returns the n-th prime number", "function"),
        ("Traceback (most recent call last):\n  KeyError: 'id'\nwhy does this crash?", "debug"),
        ("Translate to French: the train leaves at nine", "translate"),
        ("Summarize the following text in three sentences:\n" + "The town grew quickly. " * 80, "summary"),
        ("write a short story about a lighthouse keeper", "story"),
        ("who wrote the novel Moby Dick?", "trivia"),
    ],
)
def test_kinds_within_a_task_are_told_apart(text: str, expected: str) -> None:
    assert kind(told(text)) == expected


def test_hard_prompts_are_harder_than_greetings() -> None:
    greetings = max(told(text).difficulty for text in ("hi", "thanks!", "good morning", "hallo"))
    assert greetings < min(told(row[0]).difficulty for row in HARD)


@pytest.mark.parametrize("text", ["let me know when you are ready", "that was a first class flight", "hi", "", "?"])
def test_words_of_code_and_school_in_prose_do_not_mislead(text: str) -> None:
    assert task(told(text)) in ("chat", "factual", "instruction", "creative")


# ── conversations ──


def test_a_follow_up_belongs_to_its_conversation() -> None:
    code = "Write a Python function that merges two sorted lists"
    assert task(told(code, "now make it faster", answered=True)) == "coding"
    assert task(told("Write a poem about autumn", "make it shorter")) == "creative"


def test_code_in_the_answer_pulls_a_leaning_turn_to_code() -> None:
    def coding(answered: bool) -> float:
        return told("can you help me", "and now without the loop", answered=answered).tasks[TASKS.index("coding")]

    assert coding(True) > coding(False)


def test_a_new_question_of_its_own_is_read_as_such() -> None:
    first = "Write a Python function that merges two sorted lists"
    assert task(told(first, "Translate into German: where is the station, please?")) == "translation"


def test_a_turn_without_conversation_leans_on_nothing() -> None:
    alone = told("now make it faster")
    assert alone == sort_out(marked("now make it faster"))


def test_the_system_prompt_nudges_and_does_not_decide() -> None:
    system = "You are a senior Python developer. Answer with code."
    greeting = "how do I do this in two lines?"
    assert told(greeting, system=system).tasks[TASKS.index("coding")] > told(greeting).tasks[TASKS.index("coding")]
    assert task(told("Translate to Spanish: good night", system=system)) == "translation"


# ── what is read, and what it costs ──


def test_a_long_text_is_its_ends_and_less_of_what_is_between() -> None:
    ends, between = zones("a" * 320 + "b" * 1000 + "c" * 240)
    assert ends == "a" * 320 + "\n" + "c" * 240
    assert between == "b" * 1000
    assert zones("short") == ("short", "")


def test_words_share_stems_and_figures_count_by_their_length() -> None:
    assert "integ~" in grams("integrals") & grams("integration")
    assert grams("12 apples") == grams("47 apples")
    assert "two words" in grams("two words")


def test_no_more_words_are_added_than_a_lane_can_hold() -> None:
    # 3 bytes hold 65,793 cells of 255; a clipped text of single signs has the most
    assert len(grams(clip("字" * 200_000))) + len(grams(clip("(a" * 100_000))) < 65_793


def test_the_time_does_not_grow_with_the_length_of_the_text() -> None:
    def best(text: str) -> float:
        times = []
        for i in range(15):
            start = time.perf_counter()
            marked(f"{i} {text}")
            times.append(time.perf_counter() - start)
        return min(times)

    sentence = "Explain the second law of thermodynamics to a child, with an example from the kitchen. "
    assert best(sentence * 23_000) < 4 * best(sentence * 45) + 0.002
