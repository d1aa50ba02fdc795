"""Answers to the prompts of the set whose last line carries a result: sums, riddles, code that is read. The lines
above it are what a talkative model adds."""

from collections.abc import Mapping

from llmrouter_tui.demo.texts.sheet import Sheet

RIDDLES: Mapping[str, Sheet] = {
    # ── reasoning ──
    "reason-box": Sheet(
        "Yes.",
        ("No.",),
    ),
    "reason-shortest": Sheet(
        "Oren",
        (
            "Jale",
            "Mirko",
        ),
    ),
    "reason-weekday": Sheet(
        "Seven days on it is a Wednesday again, and three more make a Saturday.\n\nAnswer: Saturday",
        (
            "Counting today as the first of the ten days, I come to a Friday.\n\nAnswer: Friday",
            "Wednesday plus ten is Sunday.\n\nAnswer: Sunday",
        ),
    ),
    "reason-candles": Sheet(
        "They all burn at the same time, so seven take as long as one.\n\nAnswer: 40",
        ("Seven candles of 40 minutes each are 7 × 40 = 280 minutes.\n\nAnswer: 280",),
    ),
    "reason-facing": Sheet(
        "North, then east, then south; a quarter to the left is east again, and turned right round that is "
        "west.\n\nAnswer: west",
        (
            "Two turns to the right are south, one to the left is east.\n\nAnswer: east",
            "Right, right, left and round again add up to a half turn.\n\nAnswer: south",
        ),
    ),
    "reason-seats": Sheet(
        "Bram and Cleo sit side by side in that order, and Anouk is further right but not beside Bram. Dario is not "
        "on an end, so the row is Bram, Cleo, Dario, Anouk.\n\nAnswer: Dario",
        (
            "Bram and Cleo take the seats 2 and 3, and Anouk comes after them.\n\nAnswer: Cleo",
            "Dario must be on seat 2, so Anouk is on seat 3.\n\nAnswer: Anouk",
        ),
    ),
    "reason-liars": Sheet(
        "If Ida told the truth, Jon and Kaspar would be of the same kind, but Jon calls Kaspar a liar, so they never "
        "are. Ida lies. Of the other two one tells the truth. Were it Jon, Kaspar's words would be true as well. So "
        "it is Kaspar.\n\nAnswer: Kaspar",
        (
            "Kaspar's sentence cannot be true, so Jon is right about him.\n\nAnswer: Jon",
            "Suppose that Ida tells the truth: then it all fits.\n\nAnswer: Ida",
        ),
    ),
    "reason-talks": Sheet(
        "Ugo before Vera and beside Tara, who is not on Monday: Ugo Monday, Tara Tuesday, Vera Wednesday. Then Ruth "
        "is on Thursday and Sven on Friday, not next to Vera.\n\nAnswer: Ruth",
        (
            "Ruth Monday, Ugo Tuesday, Tara Wednesday, Vera Thursday, Sven Friday.\n\nAnswer: Vera",
            "Ruth has to come early and Sven late, so Thursday is his.\n\nAnswer: Sven",
        ),
    ),
    "reason-calendar": Sheet(
        "Four months are 140 days, and 16 more lead to the 17th: 156 days, which is 26 weeks of six and nothing "
        "over.\n\nAnswer: Ala",
        (
            "4 × 35 + 17 = 157, and 157 leaves 1 when divided by 6.\n\nAnswer: Bel",
            "Each month is five days longer than five weeks.\n\nAnswer: Fen",
        ),
    ),
    "reason-jugs": Sheet(
        "Filling the small jug and pouring it into the big one, over and over, leads through 5, 1, 6 and 2 to "
        "7.\n\nAnswer: 12",
        (
            "Fill the 9, pour into the 5, empty it, and go on like this.\n\nAnswer: 10",
            "It can be done with the differences 9 - 5 = 4 and 5 - 4 = 1.\n\nAnswer: 8",
        ),
    ),
    # ── mathematics ──
    "math-tickets": Sheet(
        "Six tickets cost 6 × 4 = 24 euros, and the voucher takes 7 off.\n\nAnswer: 17",
        (
            "Six tickets at 4 euros.\n\nAnswer: 24",
            "6 × 4 = 24, and 24 + 7 = 31.\n\nAnswer: 31",
        ),
    ),
    "math-percent": Sheet(
        "10 % of 80 is 8, half of that is 4, together 12.\n\nAnswer: 12",
        (
            "80 / 15 = 5.33.\n\nAnswer: 5.33",
            "0.15 × 80 = 1.2\n\nAnswer: 1.2",
        ),
    ),
    "math-equation": Sheet(
        "3x - 12 = 2x + 7, so x = 7 + 12.\n\nAnswer: 19",
        (
            "3x - 4 = 2x + 7, so x = 11.\n\nAnswer: 11",
            "5x = 7 - 12.\n\nAnswer: -1",
        ),
    ),
    "math-grifos": Sheet(
        "En una hora llenan 1/6 + 1/3 = 1/2 del depósito.\n\nRespuesta: 2",
        (
            "La media de 6 y 3 es 4,5.\n\nRespuesta: 4,5",
            "6 + 3 = 9 horas.\n\nRespuesta: 9",
        ),
    ),
    "math-rolls": Sheet(
        "Three bags are 18 rolls for 8.10 euros, and two single ones cost 1.10 euros.\n\nAnswer: 9.20",
        (
            "Four bags are enough: 4 × 2.70.\n\nAnswer: 10.80",
            "20 × 0.55 = 11.\n\nAnswer: 11",
        ),
    ),
    "math-prices": Sheet(
        "1.20 × 0.75 = 0.90 of the first price, and 54 / 0.90 = 60.\n\nAnswer: 60",
        (
            "Up 20 and down 25 makes down 5 in all: 54 / 0.95 ≈ 56.84.\n\nAnswer: 56.84",
            "54 × 1.05\n\nAnswer: 56.7",
        ),
    ),
    "math-triangle": Sheet(
        "The half perimeter is 28, and 84 / 28 = 3.\n\nAnswer: 3",
        (
            "The radius is half the longest side.\n\nAnswer: 12.5",
            "84 / 56 = 1.5\n\nAnswer: 1.5",
        ),
        "It has a right angle, because 7² + 24² = 25². Its area is 7 × 24 / 2 = 84 square centimetres.",
    ),
    "math-divisible": Sheet(
        "166 numbers divide by 6, 99 by 10, 33 by both: 232. Those that divide by 15 as well are the multiples of "
        "30, 33 of them.\n\nAnswer: 199",
        (
            "166 + 99 = 265.\n\nAnswer: 265",
            "166 + 99 - 33 = 232.\n\nAnswer: 232",
        ),
    ),
    "math-integral": Sheet(
        "By parts twice: (x² - 2x + 2)·eˣ from 0 to 1 is e - 2.\n\nAnswer: 0.7183",
        (
            "By parts: x²·eˣ - 2x·eˣ gives 1.7183.\n\nAnswer: 1.7183",
            "e / 3\n\nAnswer: 0.9061",
        ),
    ),
    "math-letters": Sheet(
        "The other letters B, N, N, S stand in 12 orders, with five gaps for the three A: 10 ways, 12 × "
        "10.\n\nAnswer: 120",
        (
            "7! / (3! · 2!) = 420.\n\nAnswer: 420",
            "4! × 10 = 240.\n\nAnswer: 240",
        ),
    ),
    "math-remainder": Sheet(
        "7⁴ ends in 01, so 7²²² ends like 7², in 49. 11¹¹¹ ends in 11.\n\nAnswer: 60",
        (
            "49 + 21 = 70\n\nAnswer: 70",
            "7²²² ends in 7, and 11¹¹¹ in 31.\n\nAnswer: 38",
        ),
    ),
    "math-dice": Sheet(
        "Let p be the chance of an even sum. The first roll is a six (1/6), or keeps the parity (2/6), or changes it "
        "(3/6): p = 1/6 + 2/6·p + 3/6·(1 - p), which makes 7/6·p = 2/3.\n\nAnswer: 4/7",
        (
            "By symmetry even and odd sums are equally likely.\n\nAnswer: 1/2",
            "Answer: 3/7",
        ),
    ),
    # ── code that is read ──
    "code-read-loop": Sheet(
        "It adds 2, 4, 5, 7 and 8; 3 and 6 are left out.\n\nAnswer: 26",
        (
            "2 + 4 + 5 + 7 + 8 + 9 = 35\n\nAnswer: 35",
            "It leaves out 3, 6 and 9.\n\nAnswer: 28",
        ),
    ),
    "code-read-default": Sheet(
        "The default list is the same for all calls: 1 + 1 + 2 + 3.\n\nAnswer: 7",
        (
            "Each call adds one item to a new list: 1 + 1 + 1 + 1.\n\nAnswer: 4",
            "1 + 2 + 3 + 4 = 10\n\nAnswer: 10",
        ),
    ),
    "code-events": Sheet(
        "First what runs at once: P, U, W. Then the microtasks R, V, T, and at last the timers Q, S.\n\nAnswer: "
        "PUWRVTQS",
        (
            "Answer: PUVWRTQS",
            "Timers with 0 come first.\n\nAnswer: PUWQRVTS",
        ),
    ),
}
