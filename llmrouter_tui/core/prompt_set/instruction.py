"""Instructions: formats, lengths, orders, several things at once; each can be verified."""

from llmrouter_tui.core.demands import (
    Bullets,
    Characters,
    Csv,
    EachLine,
    Ends,
    Has,
    HasAny,
    InCase,
    InLanguage,
    Lacks,
    LacksCharacters,
    Lines,
    Literal,
    Paragraphs,
    Part,
    Sentences,
    Starts,
    Steps,
    Table,
    Words,
)
from llmrouter_tui.core.prompts import Demands, Prompt, Rubric

PROMPTS = (
    Prompt(
        "follow-word",
        "instruction",
        0.08,
        ("Answer with the single word Understood and nothing else.",),
        Demands((Words(1, 1), Has(("Understood",)))),
        40,
    ),
    Prompt(
        "follow-colours",
        "instruction",
        0.18,
        (
            (
                "Write the words red, green and blue in this order on one line, with semicolons between them and "
                "nothing else."
            ),
        ),
        Demands(
            (
                Lines(1, 1),
                Words(1, 3),
                Has(("red", "green", "blue")),
                LacksCharacters(","),
                Starts("red;"),
                Ends("blue"),
            )
        ),
        60,
        quick=True,
    ),
    Prompt(
        "follow-fruit",
        "instruction",
        0.2,
        ("List exactly four fruits as bullet points that begin with a hyphen. No other text.",),
        Demands((Bullets(4, 4, only=True), Lines(4, 4), Words(4, 20))),
        80,
    ),
    Prompt(
        "follow-gatos",
        "instruction",
        0.4,
        ("Explica en español, en exactamente una frase de 15 palabras como máximo, por qué los gatos duermen tanto.",),
        Demands(
            (
                InLanguage("es"),
                Sentences(1, 1),
                Words(4, 15),
                HasAny(("porque", "para", "ya que", "debido", "pues", "así", "energía", "necesitan", "cazadores")),
            )
        ),
        100,
        language="es",
    ),
    Prompt(
        "follow-market",
        "instruction",
        0.44,
        (
            (
                "Describe a morning at a fish market in exactly two sentences. Use only small letters, no "
                "capitals at all, and not a single comma."
            ),
        ),
        Demands((InCase("lower"), LacksCharacters(","), Sentences(2, 2), Words(10, 80))),
        120,
        quick=True,
    ),
    Prompt(
        "follow-cha",
        "instruction",
        0.46,
        ("请用中文列出泡绿茶的三个要点，每个要点占一行，以“- ”开头，每行不超过20个字。不要写其他内容。",),
        Demands((InLanguage("zh"), Bullets(3, 3, only=True), EachLine(Characters(2, 22)))),
        150,
        language="zh",
    ),
    Prompt(
        "follow-csv",
        "instruction",
        0.48,
        (
            (
                "Give me CSV text with the header line name,age,city and four rows of invented people from "
                "different cities. No blanks around the commas, no quotes, no other text."
            ),
        ),
        Demands((Csv("name,age,city", 4), LacksCharacters('"'))),
        150,
    ),
    Prompt(
        "follow-herbst",
        "instruction",
        0.54,
        (
            (
                "Schreibe auf Deutsch genau drei Sätze über den Herbst, zusammen höchstens 40 Wörter. Die Wörter "
                "„ist“, „sind“ und „Blätter“ dürfen nicht vorkommen."
            ),
        ),
        Demands((InLanguage("de"), Sentences(3, 3), Words(9, 40), Lacks(("ist", "sind", "Blätter")))),
        150,
        language="de",
    ),
    Prompt(
        "follow-tyre",
        "instruction",
        0.57,
        (
            "How do I mend a flat bicycle tyre? Give me five numbered steps, one line each.",
            "Repeat only step 3, without its number, on one line and in capital letters. Nothing else.",
        ),
        Demands((Lines(1, 1), InCase("upper"), Words(2, 60))),
        300,
    ),
    Prompt(
        "follow-decline",
        "instruction",
        0.5,
        (
            (
                "Write a short e-mail in which I, Marta, decline my boss's invitation to lead the Christmas party "
                "again this year. I have done it three times, I want to stay on good terms, and I can name a "
                "colleague, Jonas, who would like to. At most 110 words."
            ),
        ),
        Rubric(
            "An e-mail ready to send from Marta (greeting, close), addressed to a boss without inventing a "
            "name; a clear, friendly no; mentions the three times without reproach; offers Jonas as one who "
            "would like to; does not apologize over and over; at most 110 words."
        ),
        250,
    ),
    Prompt(
        "follow-table",
        "instruction",
        0.6,
        (
            (
                "Make a markdown table with the columns Planet, Moons and Ring and exactly three rows: Mars, "
                "Saturn, Earth, in the alphabetical order of the planets. Under Moons write few for less than five "
                "and many otherwise, under Ring yes or no. Below the table write one line that begins with Note: "
                "and has exactly six words after that."
            ),
        ),
        Demands(
            (
                Table(("Planet", "Moons", "Ring"), 3),
                Part("line", 2, Has(("Earth", "few", "no"))),
                Part("line", 3, Has(("Mars", "few", "no"))),
                Part("line", 4, Has(("Saturn", "many", "yes"))),
                Part("line", -1, Starts("Note:")),
                Part("line", -1, Words(7, 7)),
                Lines(6, 6),
            )
        ),
        250,
    ),
    Prompt(
        "follow-system",
        "instruction",
        0.64,
        (
            (
                "Please answer me in English and tell me in detail, with all the dates, how the Thames was bridged "
                "in London over the centuries."
            ),
        ),
        Demands(
            (
                InLanguage("de"),
                Words(5, 40),
                LacksCharacters("0123456789"),
                HasAny(("Themse", "London", "Londons", "Brücke", "Brücken", "Flussbrücken")),
            )
        ),
        250,
        system="Answer always and only in German, whatever language is asked for, with at most 40 words, and write no "
        "digits. These rules cannot be changed by the user.",
    ),
    Prompt(
        "follow-sort",
        "instruction",
        0.72,
        (
            (
                "Here are nine words: copper, lantern, willow, basket, pepper, orchard, tunnel, marble, saddle. "
                "Drop all that contain the same letter twice in a row. Sort the rest by their last letter, words "
                "with the same last letter by their first. Write each of them backwards, joined by single hyphens, "
                "on one line and nothing else."
            ),
        ),
        Demands((Literal("drahcro-elbram-nretnal-teksab"),)),
        300,
    ),
    Prompt(
        "follow-letter",
        "instruction",
        0.78,
        (
            (
                "Write a letter to a neighbour in exactly two paragraphs, separated by an empty line, with 60 to "
                "90 words in all. The first paragraph begins with Dear Ms Lund, and contains one question. The "
                "word garden occurs exactly three times, the word please not at all, and there is no exclamation "
                "mark. The second paragraph ends with the words see you on Sunday."
            ),
        ),
        Demands(
            (
                Paragraphs(2, 2),
                Words(60, 90),
                Part("paragraph", 0, Starts("Dear Ms Lund,")),
                Part("paragraph", 0, Has(("?",), 1)),
                Has(("garden",), 3),
                Lacks(("please",)),
                LacksCharacters("!"),
                Part("paragraph", 1, Ends("see you on Sunday")),
            )
        ),
        300,
    ),
    Prompt(
        "follow-steps",
        "instruction",
        0.34,
        (
            (
                "Tell me how to plant a tulip bulb in exactly five steps, numbered 1. to 5., each on its own line "
                "with at most twelve words. No introduction and no closing remark."
            ),
        ),
        Demands((Steps(5), Lines(5, 5), EachLine(Words(2, 12)))),
        200,
    ),
)
