"""Reasoning: orders, syllogisms, liars, calendars, schedules, the fewest moves."""

from llmrouter_tui.core.prompts import Choice, Exact, Number, Prompt, Rubric

PROMPTS = (
    Prompt(
        "reason-box",
        "reasoning",
        0.1,
        ("Every box in our cellar is made of wood. This box stands in our cellar. Is it made of wood? Yes or no?",),
        Exact(("yes", "yes it is", "yes it is made of wood"), ("no",)),
        100,
    ),
    Prompt(
        "reason-shortest",
        "reasoning",
        0.16,
        ("Mirko is taller than Jale. Jale is taller than Oren. Who of the three is the shortest? Just the name.",),
        Exact(("Oren", "Oren is the shortest"), ("Mirko", "Jale")),
        120,
        quick=True,
    ),
    Prompt(
        "reason-weekday",
        "reasoning",
        0.3,
        (
            (
                "Today is a Wednesday. Which day of the week will it be in ten days? End with a line of the form "
                "Answer: DAY"
            ),
        ),
        Exact(("Saturday",), ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Sunday")),
        250,
    ),
    Prompt(
        "reason-candles",
        "reasoning",
        0.36,
        (
            (
                "A candle of this kind burns down in 40 minutes. I light seven of them on one table, all at the same "
                "moment. After how many minutes have all seven burnt down? End with a line of the form Answer: NUMBER"
            ),
        ),
        Number(40),
        250,
    ),
    Prompt(
        "reason-poets",
        "reasoning",
        0.42,
        (
            (
                "Some poets are farmers. All farmers get up early. Which of these must then be true?\n"
                "A) All poets get up early\nB) Nobody but farmers gets up early\nC) No poet gets up late\n"
                "D) Some poets get up early\nAnswer with the letter."
            ),
        ),
        Choice(
            "D",
            (
                "All poets get up early",
                "Nobody but farmers gets up early",
                "No poet gets up late",
                "Some poets get up early",
            ),
        ),
        250,
    ),
    Prompt(
        "reason-facing",
        "reasoning",
        0.46,
        (
            (
                "You stand facing north. You make a quarter turn to the right, then another quarter turn to the "
                "right, then a quarter turn to the left, and then you turn right round. In which direction do you "
                "look now? End with a line of the form Answer: DIRECTION"
            ),
        ),
        Exact(("west", "facing west"), ("north", "south", "east")),
        300,
    ),
    Prompt(
        "reason-seats",
        "reasoning",
        0.52,
        (
            (
                "Anouk, Bram, Cleo and Dario sit in a row on the seats 1 to 4, from left to right. Bram sits "
                "directly to the left of Cleo. Anouk and Bram do not sit side by side. Cleo sits somewhere to the "
                "left of Anouk. Dario sits on neither end. Who sits on seat 3? Think it through and end with a "
                "line of the form Answer: NAME"
            ),
        ),
        Exact(("Dario",), ("Anouk", "Bram", "Cleo")),
        500,
        quick=True,
    ),
    Prompt(
        "reason-liars",
        "reasoning",
        0.62,
        (
            (
                "Each of three neighbours either always lies or always tells the truth. Ida says: Jon and Kaspar "
                "are of the same kind. Jon says: Kaspar is a liar. Kaspar says: Exactly one of us three tells the "
                "truth. Who tells the truth? End with a line of the form Answer: NAME or NAMES"
            ),
        ),
        Exact(("Kaspar", "only Kaspar"), ("Ida", "Jon")),
        700,
    ),
    Prompt(
        "reason-theory",
        "reasoning",
        0.66,
        (
            (
                "A town put up cameras at its twelve worst crossings in January. In the following year there were "
                "30 % fewer accidents at those twelve. The mayor says: the cameras work. Give the strongest reason "
                "why the drop may have come without any cameras, and say what one figure you would ask the town "
                "for to find out. At most 100 words."
            ),
        ),
        Rubric(
            "Names regression to the mean: the worst crossings were picked after a bad year and would have improved "
            "anyway; a general trend (weather, traffic) is weaker and scores at most half. Asks for one figure that "
            "tells the two apart: accidents at comparable bad crossings without cameras in the same years, or at the "
            "twelve over several earlier years. One figure, not a list. At most 100 words.",
            "The twelve were chosen because their last year was the worst. Part of such a peak is bad luck, "
            "and bad luck does not repeat, so their numbers would have fallen anyway: regression to the mean. "
            "I would ask by how much accidents fell in the same year at crossings that were just as bad but "
            "got no camera.",
        ),
        300,
    ),
    Prompt(
        "reason-talks",
        "reasoning",
        0.72,
        (
            (
                "Ruth, Sven, Tara, Ugo and Vera each give one talk, from Monday to Friday, one a day. Ruth speaks "
                "before Sven. Tara and Ugo speak on days that follow each other. Vera speaks neither on Monday nor "
                "on Friday. The days of Sven and Vera do not follow each other. Ugo speaks before Vera. Tara does "
                "not speak on Monday. Who speaks on Thursday? End with a line of the form Answer: NAME"
            ),
        ),
        Exact(("Ruth",), ("Sven", "Tara", "Ugo", "Vera")),
        900,
    ),
    Prompt(
        "reason-calendar",
        "reasoning",
        0.76,
        (
            (
                "On the island of Orm a week has six days, called Ala, Bel, Cor, Dun, Eft and Fen in this "
                "order, and every month has 35 days. The first day of the first month is an Ala. Which day of "
                "the week is the 17th day of the fifth month? End with a line of the form Answer: NAME"
            ),
        ),
        Exact(("Ala",), ("Bel", "Cor", "Dun", "Eft", "Fen")),
        700,
    ),
    Prompt(
        "reason-jugs",
        "reasoning",
        0.88,
        (
            (
                "You have a jug for 5 litres and a jug for 9 litres, without marks, both empty, a tap and a drain. "
                "A move is filling one jug to the brim, emptying one jug, or pouring from one into the other until "
                "one is empty or the other is full. What is the smallest number of moves after which one of the "
                "jugs holds exactly 7 litres? End with a line of the form Answer: NUMBER"
            ),
        ),
        Number(12),
        1200,
    ),
)
