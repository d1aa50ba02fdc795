"""Knowledge: from what every child knows to what stands in textbooks, and a question that is wrong itself."""

from llmrouter_tui.core.prompts import Choice, Exact, Number, Prompt, Rubric, Terms

PROMPTS = (
    Prompt(
        "fact-heart",
        "factual",
        0.06,
        ("Which organ pumps the blood through our body? Answer with one word.",),
        Exact(("heart", "human heart"), ("lungs", "liver", "brain")),
        60,
    ),
    Prompt(
        "fact-season",
        "factual",
        0.12,
        ("Which of the four seasons comes right after winter? One word.",),
        Exact(("spring", "springtime"), ("summer", "autumn", "fall")),
        60,
        quick=True,
    ),
    Prompt(
        "fact-fluss",
        "factual",
        0.28,
        ("Welcher Fluss fließt sowohl durch Wien als auch durch Budapest? Antworte nur mit dem Namen.",),
        Exact(("Donau", "Danube", "Duna"), ("Rhein", "Elbe", "Theiß", "Inn")),
        60,
        language="de",
    ),
    Prompt(
        "fact-liquid",
        "factual",
        0.36,
        (
            (
                "Which of these elements is a liquid at 20 °C and normal pressure?\n"
                "A) Gallium\nB) Iodine\nC) Bromine\nD) Xenon\nAnswer with the letter."
            ),
        ),
        Choice("C", ("Gallium", "Iodine", "Bromine", "Xenon")),
        100,
    ),
    Prompt(
        "fact-diet",
        "factual",
        0.38,
        ("日本の国会は二院制です。衆議院ではない、もう一つの院の名前は何ですか。名前だけを答えてください。",),
        Exact(("参議院", "さんぎいん"), ("貴族院",)),
        80,
        language="ja",
    ),
    Prompt(
        "fact-traite",
        "factual",
        0.44,
        (
            (
                "Comment appelle-t-on la paix de 1648 qui mit fin à la guerre de Trente Ans ? Réponds par son nom "
                "seulement."
            ),
        ),
        Exact(
            ("Westphalie", "paix de Westphalie", "traités de Westphalie", "traité de Westphalie", "Münster"),
            ("Utrecht", "Augsbourg", "Vienne"),
        ),
        80,
        language="fr",
    ),
    Prompt(
        "fact-order",
        "factual",
        0.5,
        (
            (
                "Put these events in the order in which they happened, the earliest first:\nA) The Berlin Wall "
                "is opened\nB) The United Nations are founded\nC) The first people walk on the Moon\nD) Egypt "
                "takes over the Suez Canal\nAnswer with the four letters in a row, nothing else."
            ),
        ),
        Exact(("BDCA", "B D C A", "B, D, C, A", "B-D-C-A", "B → D → C → A")),
        120,
        quick=True,
    ),
    Prompt(
        "fact-sky",
        "factual",
        0.52,
        (
            (
                "My daughter is ten and asks: if the air makes the sky blue, why does the very same air make "
                "the sunset red? Answer her in at most 120 words."
            ),
        ),
        Rubric(
            "Correct: air scatters blue light more than red; by day the scattered blue reaches us from all sides; at "
            "sunset light crosses much more air, the blue is scattered out of the direct path, red remains. Ties both "
            "halves together as the same cause. Words and pictures for a child of ten. At most 120 words.",
            "Sunlight is a mix of all colours. Air pushes blue light aside far more than red light. At noon the blue "
            "that was pushed aside comes to you from everywhere, so the sky looks blue. In the evening the light comes "
            "in flat and has to cross much more air. On that long way nearly all the blue gets pushed out of the beam, "
            "and what still arrives straight is the red. Same air, same trick, only a longer way.",
        ),
        300,
    ),
    Prompt(
        "fact-nystad",
        "factual",
        0.62,
        ("In which year did the Peace of Nystad end the war between Sweden and Russia? Just the year.",),
        Number(1721),
        80,
    ),
    Prompt(
        "fact-literature",
        "factual",
        0.64,
        ("For which of her novels did Marie Curie receive the Nobel Prize in Literature, and in what year?",),
        Terms(
            (
                (
                    "never",
                    "did not",
                    "didn't",
                    "no novels",
                    "not receive",
                    "not awarded",
                    "not for literature",
                    "neither",
                ),
                ("physics",),
                ("chemistry",),
            ),
        ),
        250,
    ),
    Prompt(
        "fact-latin-city",
        "factual",
        0.7,
        (
            (
                "The chemical element with the atomic number 72 carries the Latin name of a European capital. Which "
                "element is it, and which city? Answer in the form: element, city."
            ),
        ),
        Terms((("hafnium",), ("Copenhagen", "København", "Kopenhagen"))),
        120,
    ),
    Prompt(
        "fact-pi",
        "factual",
        0.74,
        (
            (
                "Who was the first to prove that the circle constant pi is transcendental, and in what year "
                "was the proof published? Answer in the form: surname, year."
            ),
        ),
        Terms((("Lindemann",), ("1882",))),
        120,
    ),
)
