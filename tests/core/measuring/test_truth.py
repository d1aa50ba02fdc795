"""That the answers which the prompt set holds for right are right: each is found again here by a program that reads
the prompt's own figures as a person would."""

import contextlib
import io
from collections import deque
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise, permutations, product
from math import exp, isclose

import pytest

from llmrouter_tui.core.prompt_set import PROMPTS, prompt
from llmrouter_tui.core.prompts import Number


def printed(name):
    """What the program in a prompt prints."""
    source = prompt(name).turns[0].split("```python\n")[1].split("```")[0]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(source, {})
    return float(out.getvalue())


def bananas():
    return len({letters for letters in permutations("BANANAS") if "AA" not in "".join(letters)})


def divisible():
    return sum((n % 6 == 0 or n % 10 == 0) and n % 15 != 0 for n in range(1, 1000))


def rolls():
    return min(Fraction(270, 100) * bags + Fraction(55, 100) * (20 - 6 * bags) for bags in range(4))


def incircle():
    area = 7 * 24 / 2
    assert 7**2 + 24**2 == 25**2
    return area / ((7 + 24 + 25) / 2)


def integral():
    """By Simpson's rule, and the antiderivative (x² - 2x + 2)·eˣ."""
    steps = 1000
    weights = [1, *([4, 2] * (steps // 2 - 1)), 4, 1]
    points = [at / steps for at in range(steps + 1)]
    simpson = sum(w * x * x * exp(x) for w, x in zip(weights, points, strict=True)) / steps / 3
    assert isclose(simpson, exp(1) - 2, rel_tol=1e-9)
    return simpson


def even_dice(rolls=200):
    """Probability of an even sum, by following the chances of both parities roll by roll."""
    chances, found = {0: Fraction(1), 1: Fraction(0)}, Fraction(0)
    for _ in range(rolls):
        found += chances[0] / 6
        chances = {p: (2 * chances[p] + 3 * chances[1 - p]) / 6 for p in (0, 1)}
    return found


def jugs(small=5, large=9, wanted=7):
    waiting, seen = deque([(0, 0, 0)]), {(0, 0)}
    while waiting:
        a, b, moves = waiting.popleft()
        if wanted in (a, b):
            return moves
        into_b, into_a = min(a, large - b), min(b, small - a)
        for after in (
            *((small, b), (a, large), (0, b), (a, 0)),
            *((a - into_b, b + into_b), (a + into_a, b - into_a)),
        ):
            if after not in seen:
                seen.add(after)
                waiting.append((*after, moves + 1))
    raise AssertionError("never")


def equation():
    return next(x for x in range(-100, 100) if 3 * (x - 4) == 2 * x + 7)


def open_hours(first_saturday, thursday_holiday):
    hours = {"Tue": 8, "Wed": 6, "Thu": 8, "Fri": 4, "Sat": 4}
    return sum(hours.values()) - (4 if first_saturday else 0) - (8 if thursday_holiday else 0)


NUMBERS = {
    "chat-pets": lambda: 2 + 1 - 1,
    "fact-nystad": lambda: 1721,  # 10 September 1721 (New Style), in every encyclopaedia
    "reason-candles": lambda: 40,
    "reason-jugs": jugs,
    "math-sum": lambda: 27 + 38,
    "math-tickets": lambda: 6 * 4 - 7,
    "math-percent": lambda: Fraction(15, 100) * 80,
    "math-equation": equation,
    "math-grifos": lambda: 1 / (Fraction(1, 6) + Fraction(1, 3)),
    "math-rolls": rolls,
    "math-prices": lambda: 54 / Fraction(75, 100) / Fraction(120, 100),
    "math-triangle": incircle,
    "math-divisible": divisible,
    "math-integral": integral,
    "math-letters": bananas,
    "math-remainder": lambda: (7**222 + 11**111) % 100,
    "math-dice": even_dice,
    "code-read-loop": lambda: printed("code-read-loop"),
    "code-read-default": lambda: printed("code-read-default"),
    "extract-hours": lambda: open_hours(first_saturday=True, thursday_holiday=True),
}


def test_every_number_is_looked_at():
    assert NUMBERS.keys() == {one.id for one in PROMPTS if isinstance(one.check, Number)}


@pytest.mark.parametrize("name", NUMBERS)
def test_the_number_is_right(name):
    check = prompt(name).check
    assert abs(float(NUMBERS[name]()) - check.value) <= max(check.tolerance, 1e-6)


# ── riddles ──


def test_only_dario_can_sit_on_seat_three():
    rows = [
        row
        for row in permutations(("Anouk", "Bram", "Cleo", "Dario"))
        if row.index("Bram") + 1 == row.index("Cleo")
        and abs(row.index("Anouk") - row.index("Bram")) > 1
        and row.index("Cleo") < row.index("Anouk")
        and row.index("Dario") not in (0, 3)
    ]
    assert [row[2] for row in rows] == list(prompt("reason-seats").check.accepted)


def test_only_kaspar_can_tell_the_truth():
    fitting = [
        (ida, jon, kaspar)
        for ida, jon, kaspar in product((True, False), repeat=3)
        if ida == (jon == kaspar) and jon == (not kaspar) and kaspar == (ida + jon + kaspar == 1)
    ]
    assert fitting == [(False, False, True)]
    assert prompt("reason-liars").check.accepted[0] == "Kaspar"


def test_only_ruth_can_speak_on_thursday():
    plans = []
    for days in permutations(range(5)):
        ruth, sven, tara, ugo, vera = days
        if ruth < sven and abs(tara - ugo) == 1 and vera not in (0, 4) and abs(sven - vera) > 1 and ugo < vera and tara:
            plans.append(("Ruth", "Sven", "Tara", "Ugo", "Vera")[days.index(3)])
    assert plans == list(prompt("reason-talks").check.accepted)


def test_the_island_day_is_counted_right():
    days = [name for _ in range(50) for name in ("Ala", "Bel", "Cor", "Dun", "Eft", "Fen")]
    assert days[4 * 35 + 17 - 1] == prompt("reason-calendar").check.accepted[0]


def test_ten_days_after_a_wednesday():
    wednesday = date(2025, 1, 1)
    assert wednesday.strftime("%A") == "Wednesday"
    assert (wednesday + timedelta(days=10)).strftime("%A") == prompt("reason-weekday").check.accepted[0]


def test_turning_round_ends_in_the_west():
    at = 0
    for quarters in (1, 1, -1, 2):
        at = (at + quarters) % 4
    assert ("north", "east", "south", "west")[at] == prompt("reason-facing").check.accepted[0]


def test_of_the_conclusions_on_poets_only_the_last_must_hold():
    """In every little world of three people."""
    kinds = list(product((True, False), repeat=3))  # poet, farmer, early
    holds = dict.fromkeys("ABCD", True)
    for world in product(kinds, repeat=3):
        poets = [one for one in world if one[0]]
        if not any(farmer for _, farmer, _ in poets) or not all(early for _, farmer, early in world if farmer):
            continue
        holds["A"] &= all(early for *_, early in poets)
        holds["B"] &= all(farmer for _, farmer, early in world if early)
        holds["C"] &= all(early for *_, early in poets)
        holds["D"] &= any(early for *_, early in poets)
    assert [letter for letter, always in holds.items() if always] == [prompt("reason-poets").check.letter]


def test_the_events_are_in_order():
    years = {"A": 1989, "B": 1945, "C": 1969, "D": 1956}
    assert "".join(sorted(years, key=years.get)) == prompt("fact-order").check.accepted[0]


# ── texts ──


def test_the_words_are_dropped_sorted_and_turned_as_asked():
    words = prompt("follow-sort").turns[0].split(": ")[1].split(".")[0].split(", ")
    assert len(words) == 9
    kept = [word for word in words if not any(a == b for a, b in pairwise(word))]
    ordered = sorted(kept, key=lambda word: (word[-1], word[0]))
    assert "-".join(word[::-1] for word in ordered) == prompt("follow-sort").check.demands[0].text


def test_the_pumps_ran_as_long_as_is_said():
    log = prompt("extract-log").turns[0].split("\n\n")[1].splitlines()
    started, ran, failed, longest = {}, {}, [], (timedelta(), "")
    for line in log:
        clock, pump, what = line.split()
        at = datetime.strptime(clock, "%H:%M")
        if what == "START":
            started[pump] = at
            continue
        length = at - started.pop(pump)
        ran[pump] = ran.get(pump, timedelta()) + length
        longest = max(longest, (length, pump))
        failed += [pump] if what == "FAIL" else []
    shape = dict(prompt("extract-log").check.shape.fields)
    assert {pump: value.accepted[0] for pump, value in shape["minutes"].fields} == {
        pump: total.total_seconds() / 60 for pump, total in ran.items()
    }
    assert [one.accepted[0] for one in shape["failed"].items] == failed
    assert shape["longest"].accepted[0] == longest[1]


def test_rooms_for_a_dog_under_90_in_july():
    rooms = {"Alder": 85 + 12, "Birch": 75 + 12, "Elm": 95, "Hazel": 77 + 12}
    right = {group[0] for group in prompt("extract-rates").check.groups}
    assert right == {name for name, price in rooms.items() if price < 90}
    assert set(prompt("extract-rates").check.forbidden) == {"Alder", "Cedar", "Elm", "Fir"}


def test_dates_and_sums_of_letters_and_minutes():
    invoice = dict(prompt("extract-invoice").check.shape.fields)
    assert invoice["due"].accepted == (str(date(2025, 3, 3) + timedelta(days=14)),)
    minutes = dict(prompt("extract-minutes").check.shape.fields)
    assert date(2025, 6, 14).strftime("%A") == "Saturday"
    assert minutes["date"].accepted == (str(date(2025, 6, 14) + timedelta(days=1)),)
    assert minutes["budget"].accepted == (600 + 600 / 4,)
    meeting = dict(prompt("tools-meeting").check.calls[0].arguments)
    assert date(2025, 2, 27).strftime("%A") == "Thursday"
    assert meeting["start"].accepted[0] == f"{date(2025, 2, 27) + timedelta(days=2)}T14:15"
    assert dict(prompt("tools-types").check.calls[0].arguments)["brightness"].accepted == (100 // 3,)


def test_javascript_logs_in_the_order_of_its_queues():
    """A small event loop: tasks as a list, microtasks as a list that is emptied after each task."""
    log, tasks, micro = [], [], []

    def then_t():
        log.append("T")

    def then_r():
        log.append("R")
        tasks.append(lambda: log.append("S"))
        micro.append(then_t)

    log.append("P")
    tasks.append(lambda: log.append("Q"))
    micro.append(then_r)
    log.append("U")
    micro.append(lambda: log.append("V"))
    log.append("W")
    while micro or tasks:
        (micro or tasks).pop(0)()
    assert "".join(log) == prompt("code-events").check.accepted[0]
