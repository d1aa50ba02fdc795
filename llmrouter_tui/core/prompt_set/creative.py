"""Writing: form can be checked by program, the rest takes a judge."""

from llmrouter_tui.core.demands import (
    Acrostic,
    Alphabet,
    EachLine,
    Ends,
    Growing,
    Has,
    InLanguage,
    Lacks,
    LacksCharacters,
    Lines,
    Paragraphs,
    Part,
    Sentences,
    Starts,
    Words,
)
from llmrouter_tui.core.prompts import Demands, Prompt, Rubric

PROMPTS = (
    Prompt(
        "create-bakery",
        "creative",
        0.15,
        (
            (
                "Think of five names for a bakery that a retired sailor opens. One name per line, at most four "
                "words each, no numbering, nothing else."
            ),
        ),
        Demands((Lines(5, 5), EachLine(Words(1, 4)))),
        100,
        quick=True,
    ),
    Prompt(
        "create-opening",
        "creative",
        0.22,
        (
            (
                "Write the first sentence of a mystery story that plays in a lighthouse. Exactly one sentence, "
                "with the word lighthouse in it, at most 40 words."
            ),
        ),
        Demands((Sentences(1, 1), Has(("lighthouse",)), Words(6, 40))),
        120,
    ),
    Prompt(
        "create-cat",
        "creative",
        0.32,
        ("Write a funny rhyming poem of four lines about a cat that loves the rain.",),
        Rubric(
            "Four lines; a clear rhyme scheme that really rhymes; about a cat that loves rain (not one that hates it); "
            "a funny idea or turn, best at the end; the rhythm can be read aloud without stumbling."
        ),
        150,
    ),
    Prompt(
        "create-river",
        "creative",
        0.4,
        (
            (
                "Write a poem of five lines about water whose lines begin with the letters of RIVER, in this "
                "order. The poem must not contain the word river itself. Only the poem."
            ),
        ),
        Demands((Lines(5, 5), Acrostic("RIVER"), Lacks(("river",)), EachLine(Words(2, 15)))),
        150,
        quick=True,
    ),
    Prompt(
        "create-kettle",
        "creative",
        0.46,
        (
            (
                "Write a quarrel between a kettle and a teapot: exactly six lines, by turns beginning with "
                '"Kettle:" and "Teapot:", the kettle first. No other text. In each line at most 20 words are '
                "spoken."
            ),
        ),
        Demands(
            (
                Lines(6, 6),
                *(Part("line", at, Starts("Kettle:" if at % 2 == 0 else "Teapot:")) for at in range(6)),
                EachLine(Words(3, 21)),
            )
        ),
        250,
    ),
    Prompt(
        "create-clock",
        "creative",
        0.52,
        (
            (
                "Write a very short story, 120 to 180 words, about a watchmaker who finds a clock that runs "
                "backwards and decides not to repair it."
            ),
        ),
        Rubric(
            "A story with a beginning, a turn and an end, not a summary; the reason for not repairing it is shown and "
            "convinces; concrete details of the craft; own images instead of worn ones; a last sentence that closes; "
            "120 to 180 words."
        ),
        350,
    ),
    Prompt(
        "create-fifty",
        "creative",
        0.64,
        (
            "Tell me in about a hundred words how a postman lost a letter and found it again years later.",
            (
                "Now tell the same story in exactly three sentences and 40 to 50 words in all, and let it "
                "begin with the word Nobody. Only the story."
            ),
        ),
        Demands((Sentences(3, 3), Words(40, 50), Starts("Nobody"), InLanguage("en"))),
        300,
    ),
    Prompt(
        "create-thief",
        "creative",
        0.72,
        (
            (
                "Write the speech, 150 to 220 words, in which the guide of a castle tells visitors about the "
                "stolen crown. By the end the reader should be sure that the guide took it, but the guide never "
                "says so and does not know that he gave himself away."
            ),
        ),
        Rubric(
            "The voice of a guide who speaks to visitors; at least two slips that only the thief could make, small and "
            "planted, not announced; the speaker stays unaware; the suspicion grows and is certain at the end without "
            "being said; funny or eerie by what is left out; 150 to 220 words."
        ),
        450,
    ),
    Prompt(
        "create-stairs",
        "creative",
        0.7,
        (
            (
                "Write a poem of seven lines about climbing a tower. The first line has one word, the second two, "
                "and so on up to seven words in the last line. The last word of the poem is sky. Only the poem."
            ),
        ),
        Demands((Growing((1, 2, 3, 4, 5, 6, 7)), Ends("sky"))),
        150,
    ),
    Prompt(
        "create-alphabet",
        "creative",
        0.78,
        (
            (
                "Write one sentence of exactly twelve words in which the first word begins with A, the second "
                "with B, the third with C and so on up to L. It should make some sense. Only the sentence."
            ),
        ),
        Demands((Alphabet("A"), Words(12, 12), Sentences(1, 1))),
        120,
    ),
    Prompt(
        "create-no-e",
        "creative",
        0.92,
        (
            (
                "Write a little story of 50 to 80 words, in two paragraphs, about a dog at a railway station "
                "in which the letter e is not used at all. Only the story."
            ),
        ),
        Demands((LacksCharacters("e"), Words(50, 80), Paragraphs(2, 2), Has(("dog",)))),
        250,
    ),
    Prompt(
        "create-metaphor",
        "creative",
        0.56,
        (
            (
                "Explain to a cook what an operating system of a computer does, by a single image from her kitchen "
                "that you carry through to the end, in at most 110 words."
            ),
        ),
        Rubric(
            "One image, carried through, not a row of comparisons; at least three tasks of an operating system are "
            "recognizable in it (sharing out the processor, memory, devices, keeping programs apart, priorities); the "
            "image fits where it is stretched; lively language for a cook; at most 110 words."
        ),
        250,
    ),
)
