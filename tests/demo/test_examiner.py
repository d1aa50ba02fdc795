"""The simulated models as judges: what they are asked is core's, and they see as much as they can."""

import json
import random
from statistics import correlation, mean

from llmrouter_tui.core.judging import comparing, grading, repairing, told, wanted
from llmrouter_tui.core.judging_replies import read_better, read_mark
from llmrouter_tui.core.prompt_set import PROMPTS, prompt
from llmrouter_tui.core.prompts import Prompt
from llmrouter_tui.demo.answers import Ask, Turn, compose
from llmrouter_tui.demo.cast import GEMMA3_4B, PHI4_14B, QWEN3_32B, SimModel
from llmrouter_tui.demo.exam.book import Said, right, wrong
from llmrouter_tui.demo.exam.examiner import worth


def said(model: SimModel, messages: list[dict[str, str]]) -> str:
    return compose(Ask(model, tuple(Turn(m["role"], m["content"]) for m in messages), schema="json", seed=7)).text


def kept(answer: Said) -> str:
    """As the profiler keeps it for a judge."""
    if isinstance(answer, str):
        return answer
    return "\n".join(f"{call.name}({json.dumps(dict(call.arguments))})" for call in answer)


def graded(model: SimModel, asked: Prompt, answer: str) -> float | None:
    criteria, reference = wanted(asked)
    messages = grading(asked.task, told(asked), answer, criteria=criteria, reference=reference)
    mark = read_mark(said(model, messages))
    return mark.score if mark else None


def marks(model: SimModel) -> tuple[list[float], list[float], int]:
    """(marks of right answers, marks of wrong ones, replies that cannot be read)."""
    rng = random.Random(1)
    good = [graded(model, asked, kept(right(asked))) for asked in PROMPTS]
    bad = [graded(model, asked, kept(wrong(asked, rng))) for asked in PROMPTS]
    unread = [*good, *bad].count(None)
    return [m for m in good if m is not None], [m for m in bad if m is not None], unread


def test_right_answers_are_worth_more_than_wrong_ones() -> None:
    for asked in PROMPTS:
        good = worth(told(asked), kept(right(asked)))
        for seed in range(6):
            bad = worth(told(asked), kept(wrong(asked, random.Random(seed))))
            assert bad < good - 0.2, asked.id


def test_a_good_judge_tells_right_from_wrong_and_its_replies_can_be_read() -> None:
    good, bad, unread = marks(QWEN3_32B)
    assert mean(good) > 8
    assert mean(bad) < 5
    assert unread <= 5
    assert correlation(good + bad, [1.0] * len(good) + [0.0] * len(bad)) > 0.85


def test_one_of_them_is_a_poor_judge_that_likes_everything() -> None:
    good, bad, unread = marks(GEMMA3_4B)
    assert mean(good) - mean(bad) < 2
    assert mean(bad) > 6
    assert unread > 20


def test_a_reply_that_could_not_be_read_is_given_anew_in_the_right_form() -> None:
    for asked in PROMPTS:
        messages = grading(asked.task, told(asked), kept(right(asked)))
        first = said(GEMMA3_4B, messages)
        if read_mark(first) is None:
            assert read_mark(said(GEMMA3_4B, repairing(messages, first))) is not None


def test_of_two_answers_the_better_one_wins_in_either_order() -> None:
    asked = prompt("code-race")
    assert asked
    good, bad = kept(right(asked)), kept(wrong(asked, random.Random(1)))
    question = told(asked)
    there = read_better(said(PHI4_14B, comparing("coding", question, good, bad)))
    back = read_better(said(PHI4_14B, comparing("coding", question, bad, good)))
    assert there
    assert back
    assert (there.better, back.better) == ("A", "B")


def test_of_live_answers_the_fuller_one_is_worth_more() -> None:
    assert worth("How do I grow basil?", "Sow it in May.") < worth("How do I grow basil?", "Sow it in May. " * 40)


def test_who_is_not_asked_to_judge_answers_as_ever() -> None:
    asked = compose(Ask(QWEN3_32B, (Turn("system", "You are a strict teacher."), Turn("user", "Explain basil."))))
    assert read_mark(asked.text) is None
