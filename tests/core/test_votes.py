"""Votes between answers: strengths that no order of votes changes, that always exist and that are known as far as votes
tell; and what a vote teaches of an ability, which is never more than a rating does."""

import math
import random
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmrouter_tui.core.ability import abilities
from llmrouter_tui.core.checked import SPILL
from llmrouter_tui.core.decision import Feedback
from llmrouter_tui.core.domain import Ability, Evidence, ModelInfo
from llmrouter_tui.core.leaderboard import SPREAD, fit, leaderboard
from llmrouter_tui.core.preferred import Preference, preferred
from llmrouter_tui.core.votes import WEIGHT, Duel, Verdict, Vote, duels, said_of, vote_id

NAMES = "abcde"
model = st.sampled_from([f"box/{name}" for name in NAMES])


@st.composite
def a_vote(draw: st.DrawFn) -> Vote:
    models = tuple(draw(st.lists(model, min_size=2, max_size=3, unique=True)))
    verdict: Verdict = draw(st.sampled_from(["better", "better", "tie", "both_bad"]))
    winner = draw(st.sampled_from(models)) if verdict == "better" else ""
    number = draw(st.integers(0, 10**9))
    exchanges = tuple(f"x{number}{place}" for place in range(len(models)))
    return Vote(vote_id(exchanges), 1.0, draw(st.sampled_from(["coding", "chat"])), models, verdict, exchanges, winner)


votes = st.lists(a_vote(), max_size=30)


def between(first: str, second: str, winner: str = "", *, count: int = 1) -> list[Vote]:
    verdict: Verdict = "better" if winner else "tie"
    models = f"box/{first}", f"box/{second}"
    won = f"box/{winner}" if winner else ""
    ids = [(f"{first}{second}{i}x", f"{first}{second}{i}y") for i in range(count)]
    return [Vote(vote_id(pair), 1.0, "coding", models, verdict, pair, won) for pair in ids]


@settings(max_examples=40)
@given(votes, st.randoms(use_true_random=False))
def test_neither_the_order_of_votes_nor_that_of_answers_changes_a_leaderboard(
    given: list[Vote], dice: random.Random
) -> None:
    shuffled = [replace(one, models=one.models[::-1], exchanges=one.exchanges[::-1]) for one in given]
    dice.shuffle(shuffled)
    before, after = leaderboard(given), leaderboard(shuffled)
    assert [row.model for row in before.rows] == [row.model for row in after.rows]
    for one, other in zip(before.rows, after.rows, strict=True):
        assert (one.wins, one.ties, one.losses, one.bad) == (other.wins, other.ties, other.losses, other.bad)
        assert (one.strength, one.low) == (pytest.approx(other.strength, abs=1e-9), pytest.approx(other.low, abs=1e-9))


@settings(max_examples=40)
@given(votes)
def test_strengths_are_where_wins_and_what_was_expected_balance(given: list[Vote]) -> None:
    """The very condition of the likeliest, whoever never met whom."""
    met = [duel for vote in given for duel in duels(vote)]
    strengths, deviations = fit(met)
    pull = {name: -strength / SPREAD**2 for name, strength in strengths.items()}
    for first, second, points in met:
        surprise = points - 1 / (1 + math.exp(strengths[second] - strengths[first]))
        pull[first] += surprise
        pull[second] -= surprise
    assert all(abs(force) < 1e-6 for force in pull.values())
    assert abs(sum(strengths.values())) < 1e-6
    assert all(0 < deviation < SPREAD for deviation in deviations.values())


@settings(max_examples=40)
@given(votes, st.sampled_from(NAMES))
def test_a_win_more_never_weakens_and_nobody_else_matters_to_a_mirror(given: list[Vote], name: str) -> None:
    rival = next(other for other in NAMES if other != name)
    more = leaderboard([*given, *between(name, rival, name)])
    rows = {row.model: row.strength for row in leaderboard(given).rows}
    after = {row.model: row.strength for row in more.rows}
    assert after[name] > rows.get(name, 0.5) - 1e-9
    assert after[rival] < rows.get(rival, 0.5) + 1e-9
    swapped = [Duel(second, first, 1 - points) for vote in given for first, second, points in duels(vote)]
    assert fit(swapped).strengths == pytest.approx(fit(d for vote in given for d in duels(vote)).strengths, abs=1e-7)


def test_who_wins_everything_is_strong_but_never_certain_and_more_votes_are_surer() -> None:
    few, many = (leaderboard(between("a", "b", "a", count=count)) for count in (2, 40))
    for board in (few, many):
        first, last = board.rows
        assert (first.model, last.model) == ("a", "b")
        assert first.low < first.strength < first.high < 1
        assert first.strength + last.strength == pytest.approx(1)
    assert few.rows[0].low < 0.5 < many.rows[0].low
    assert many.rows[0].elo > few.rows[0].elo > 1000 > few.rows[1].elo
    even = leaderboard(between("a", "b", count=5)).rows
    assert [(row.strength, row.elo, row.ties) for row in even] == [(0.5, 1000, 5), (0.5, 1000, 5)]


def test_a_board_counts_what_was_said_of_a_task_and_of_all() -> None:
    three = Vote("x-y-z", 1.0, "chat", ("p/a", "p/b", "q/c"), "better", ("x", "y", "z"), "q/c")
    bad = replace(three, id="n", verdict="both_bad", winner="")
    given = [*between("a", "b", "a"), *between("a", "b"), three, bad]
    board = leaderboard(given)
    counted = {row.model: (row.votes, row.wins, row.ties, row.losses, row.bad) for row in board.rows}
    assert counted == {"a": (4, 1, 1, 1, 1), "b": (4, 0, 1, 2, 1), "c": (2, 2, 0, 0, 1)}
    assert board.rows[0].model == "c"
    assert (board.votes, board.tasks) == (4, {"chat": 2, "coding": 2})
    chat = leaderboard(given, "chat")
    assert (chat.task, chat.votes, chat.tasks, chat.rows[0].model) == ("chat", 2, board.tasks, "c")
    assert chat.rows[1].strength == chat.rows[2].strength
    only_bad = leaderboard([bad]).rows
    assert [(row.strength, row.bad, row.votes) for row in only_bad] == [(0.5, 1, 1)] * 3
    assert leaderboard([]).rows == ()


def test_replicas_of_a_model_are_one_and_do_not_meet() -> None:
    vote = Vote("x-y-z", 1.0, "chat", ("p/a", "q/a", "q/c"), "better", ("x", "y", "z"), "q/a")
    assert duels(vote) == [Duel("a", "c", 1.0)]
    assert [(row.model, row.votes, row.wins) for row in leaderboard([vote]).rows] == [("a", 1, 1), ("c", 1, 0)]


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Models drawn as the prior has them, votes drawn by the model: of 95 % intervals 95 % hold."""
    dice, held, total = random.Random(7), 0, 0
    for _ in range(60):
        truth = {name: dice.gauss(0, SPREAD) for name in NAMES}
        middle = sum(truth.values()) / len(truth)
        pairs = [dice.sample(NAMES, 2) for _ in range(40)]
        chance = {(a, b): 1 / (1 + math.exp(truth[b] - truth[a])) for a, b in map(tuple, pairs)}
        strengths, deviations = fit(Duel(a, b, float(dice.random() < chance[a, b])) for a, b in pairs)
        total += len(strengths)
        held += sum(abs(strengths[n] - truth[n] + middle) < 1.96 * deviations[n] for n in strengths)
    assert 0.91 < held / total < 0.985


def test_thirty_models_and_a_thousand_votes_are_counted_at_once() -> None:
    dice = random.Random(3)
    names = [f"m{number}" for number in range(30)]
    given = [vote for _ in range(1000) for a, b in [dice.sample(names, 2)] for vote in between(a, b, a)]
    taken = []
    for _ in range(5):
        start = time.process_time()
        assert len(leaderboard(given).rows) == 30
        taken.append(time.process_time() - start)
    assert min(taken) < 0.05  # 8 ms where this was written


# ── what a vote teaches ──


def known(mean: float, strength: float) -> dict[str, Ability]:
    prior = (Evidence("prior", mean, strength),)
    return {task: Ability(mean, strength, 0.1, prior) for task in ("coding", "chat")}


def taught(before: dict[str, Ability], vote: Vote, name: str, others: dict[str, float]) -> dict[str, Ability]:
    rivals = {other: known(mean, 8.0) for other, mean in others.items()}
    said = [Preference(vote.task, other, weight, won, 1) for other, won, weight in said_of(vote, name)]
    return dict(preferred(before, said, rivals))


chance = st.floats(0.05, 0.95)


@settings(max_examples=50)
@given(chance, st.floats(3.0, 200.0), chance, chance, a_vote())
def test_no_vote_moves_an_ability_more_than_a_rating_may(
    mean: float, strength: float, rival: float, third: float, vote: Vote
) -> None:
    for model_ in vote.models:
        name = model_.partition("/")[2]
        others = dict(
            zip([one.partition("/")[2] for one in vote.models if one != model_], (rival, third), strict=False)
        )
        after = taught(known(mean, strength), vote, name, others)
        elsewhere = "chat" if vote.task == "coding" else "coding"
        farthest = max(mean, 1 - mean)
        assert abs(after[vote.task].mean - mean) <= farthest / (strength + 1)
        assert abs(after[elsewhere].mean - mean) <= SPILL * farthest / (strength + SPILL)
        assert sum(weight for *_, weight in said_of(vote, name)) <= WEIGHT
        if vote.verdict == "better":
            won = vote.winner == model_
            assert all((one.mean > mean) if won else (one.mean < mean) for one in after.values())


preferences = st.builds(
    Preference,
    st.sampled_from(["coding", "chat"]),
    st.sampled_from("abc"),
    st.floats(0.01, WEIGHT),
    st.just(0.0),
    st.integers(1, 9),
)


@settings(max_examples=50)
@given(
    chance,
    st.floats(3.0, 60.0),
    st.lists(st.tuples(preferences, chance), min_size=1, max_size=6),
    st.lists(chance, min_size=3, max_size=3),
)
def test_what_votes_teach_is_where_everything_is_at_rest_and_adds_up(
    mean: float, strength: float, drawn: list[tuple[Preference, float]], means: list[float]
) -> None:
    said = [one._replace(won=share * one.votes) for one, share in drawn]
    rivals = {name: known(at, 8.0) for name, at in zip("abc", means, strict=True)}
    before = known(mean, strength)
    told, other = preferred(before, said, rivals), preferred(before, said[::-1], rivals)
    for task, ability in told.items():
        assert ability.mean == pytest.approx(other[task].mean, abs=1e-9)
        assert ability.strength == pytest.approx(sum(one.weight for one in ability.evidence))
        weighted = sum(one.value * one.weight for one in ability.evidence)
        assert ability.mean == pytest.approx(weighted / ability.strength)
        assert all(0 <= one.value <= 1 and one.weight > 0 for one in ability.evidence)
        theta = math.log(ability.mean / (1 - ability.mean))
        pull = strength * (mean - ability.mean)
        for one in said:
            rival = rivals[one.other][task].mean
            q = 1 / (1 + math.exp(math.log(rival / (1 - rival)) - theta))
            pull += one.weight * (1.0 if one.task == task else SPILL) * (one.won - one.votes * q)
        assert abs(pull) < 1e-6


def test_what_votes_teach_is_told_in_words_and_only_beside_models_that_are_here() -> None:
    before, rivals = known(0.6, 8.0), {"a": known(0.6, 8.0)}
    said = [Preference("coding", "a", WEIGHT, 2.5, 3), Preference("chat", "gone", WEIGHT, 9.0, 9)]
    told = preferred(before, said, rivals)
    assert {task: told[task].evidence[-1].count for task in told} == {"coding": 3, "chat": 0}
    notes = {task: [(one.source, one.note) for one in ability.evidence[1:]] for task, ability in told.items()}
    words = "preferred to 2.5 of 3 others in your votes"
    assert notes == {"coding": [("vote", words)], "chat": [("vote", f"{words} on other tasks")]}
    assert told["coding"].mean > told["chat"].mean > 0.6
    assert preferred(before, said[1:], rivals) is before


def test_answers_that_were_all_bad_teach_what_bad_ratings_teach() -> None:
    info = ModelInfo("box", "qwen3:8b", parameters=8_000_000_000)
    bad = Feedback("x1", "down", 5.0, -1.0, model="box/qwen3:8b", task="coding")
    elsewhere = replace(bad, model="box/llama3.1:8b")
    rated, voted = abilities(info, ratings=[bad], now=5.0), abilities(info, disliked=[bad, elsewhere], now=5.0)
    assert {task: one.mean for task, one in rated.items()} == {task: one.mean for task, one in voted.items()}
    said = {task: one.evidence[-1] for task, one in voted.items()}
    assert (said["coding"].source, said["coding"].note) == ("vote", "bad beside others in 1 of your votes")
    assert said["math"].note == "bad beside others in 1 of your votes on other tasks"
