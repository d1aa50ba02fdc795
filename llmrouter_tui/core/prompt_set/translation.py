"""Translation, checked by the words that cannot be missing and those that give a mistake away."""

from llmrouter_tui.core.demands import Has, Lacks, Lines, Words
from llmrouter_tui.core.prompts import Demands, Prompt, Rubric, Terms

PROMPTS = (
    Prompt(
        "translate-dog",
        "translation",
        0.1,
        ("Translate into English: Der Hund schläft im Garten.",),
        Terms((("dog",), ("sleep*", "asleep"), ("garden", "yard")), ("Hund", "Garten"), most_words=20),
        60,
        quick=True,
    ),
    Prompt(
        "translate-thanks",
        "translation",
        0.12,
        ('How do you say "Thank you very much, see you tomorrow" in French? Only the translation.',),
        Terms((("merci",), ("beaucoup", "mille fois", "infiniment"), ("demain",)), most_words=15),
        60,
    ),
    Prompt(
        "translate-tren",
        "translation",
        0.18,
        ("Translate into English: El tren sale a las siete y media de la mañana, pero hoy llega tarde.",),
        Terms(
            (
                ("train",),
                ("7:30", "half past seven", "seven thirty", "half-past seven", "7.30"),
                ("morning", "a.m.", "am"),
                ("today",),
                ("late", "delayed", "behind schedule"),
            ),
            language="en",
        ),
        80,
    ),
    Prompt(
        "translate-ame",
        "translation",
        0.38,
        ("Translate into English, only the translation: 昨日は雨が降ったので、公園に行かずに家で本を読みました。",),
        Terms(
            (
                ("yesterday",),
                ("rain*",),
                ("park",),
                ("instead", "did not", "didn't", "without", "rather than", "not go*"),
                ("home", "house"),
                ("book*", "read*"),
            ),
            language="en",
        ),
        100,
        language="ja",
    ),
    Prompt(
        "translate-lettre",
        "translation",
        0.42,
        (
            (
                "Translate into French, politely, as in a letter to a customer; only the translation: We are sorry "
                "that your parcel has not arrived yet. We will send you a new one this week, free of charge."
            ),
        ),
        Terms(
            (
                ("désolé*", "regret*", "excus*", "navré*"),
                ("colis", "paquet"),
                ("vous", "votre"),
                ("semaine",),
                ("gratuit*", "sans frais", "nos frais", "sans supplément", "à notre charge"),
            ),
            ("tu", "ton", "te"),
            language="fr",
        ),
        150,
        quick=True,
    ),
    Prompt(
        "translate-du-sie",
        "translation",
        0.5,
        (
            (
                "Translate into German, to a close friend: Can you lend me your bicycle on Saturday? I will bring "
                "it back to you on Sunday."
            ),
            "Now the same to an elderly lady whom I hardly know. Only the German text.",
        ),
        Terms(
            (
                ("Sie", "Ihr*", "Ihnen"),
                ("Fahrrad", "Rad"),
                ("Samstag", "Sonnabend"),
                ("Sonntag",),
                ("leihen", "ausleihen"),
            ),
            ("du", "dein", "dir", "kannst", "deins"),
            language="de",
        ),
        150,
    ),
    Prompt(
        "translate-she",
        "translation",
        0.54,
        (
            (
                "Translate into natural English, only the translation: "
                "你开会已经迟到三次了，再这样下去，经理就不会睁一只眼闭一只眼了。"
            ),
        ),
        Terms(
            (
                ("late",),
                ("three times", "thrice", "third time", "3 times"),
                ("meeting*",),
                ("manager", "boss"),
                (
                    "blind eye",
                    "look* the other way",
                    "overlook*",
                    "let it slide",
                    "ignor*",
                    "looking the other way",
                    "look the other way",
                ),
            ),
            ("one eye",),
            language="en",
        ),
        120,
        language="zh",
    ),
    Prompt(
        "translate-hund",
        "translation",
        0.62,
        (
            (
                "Translate into idiomatic English, only the translation: Die Zahlen stimmen, die Leute sind "
                "fleißig, aber niemand spricht mit dem anderen. Da liegt der Hund begraben."
            ),
        ),
        Terms(
            (
                ("figures", "numbers"),
                ("hard-working", "hardworking", "diligent", "industrious", "work hard", "hard working"),
                (
                    "one another",
                    "each other",
                    "anyone else",
                    "the other*",
                    "to anyone",
                    "with anyone",
                    "nobody talks",
                    "no one talks",
                    "no one is talking",
                    "nobody is talking",
                ),
                ("problem", "crux", "heart of the matter", "root of", "rub", "trouble", "root cause", "real issue"),
            ),
            ("dog", "buried", "dog's"),
            language="en",
        ),
        150,
        language="de",
    ),
    Prompt(
        "translate-keigo",
        "translation",
        0.68,
        (
            (
                "Translate into Japanese, very politely (keigo), as a shop writes to a customer, only the "
                "translation: We have received your order. Please wait a little; we will contact you again when it "
                "is ready."
            ),
        ),
        Terms(
            (
                ("ご注文",),
                ("いただ", "頂", "承り", "頂戴"),
                ("お待ち", "少々", "しばらく"),
                ("ご連絡", "お知らせ", "ご案内"),
                ("いたします", "致します", "申し上げます", "差し上げます", "させていただきます"),
            ),
            ("あなたの",),
            language="ja",
        ),
        200,
        language="ja",
    ),
    Prompt(
        "translate-poem",
        "translation",
        0.78,
        (
            (
                "Translate this verse into English so that it can be recited: keep the four lines, the rhyme of "
                "the second and fourth line and the light tone.\n\nDer Mond kam spät zur Tür herein,\ner hatte "
                "sich verlaufen.\nIch bot ihm an, bei mir zu sein,\ner wollte Milch sich kaufen."
            ),
        ),
        Rubric(
            "Four lines of English verse; second and fourth line rhyme; a rhythm that can be recited; keeps "
            "moon, coming late through the door, having lost its way, the offer to stay, wanting to buy milk; "
            "light and a little absurd; no forced word order.",
            "The moon came in my door quite late,\nhe'd lost his way, he sighed.\nI said, sit down, my friend, "
            "and wait;\nfor milk, he said, I've tried.",
        ),
        200,
        language="de",
    ),
    Prompt(
        "translate-recipe",
        "translation",
        0.35,
        (
            (
                "Traduce al inglés estas tres líneas, conservando las líneas y los números, sin añadir nada:\n"
                "2 cebollas\n300 g de garbanzos\n1 cucharadita de sal"
            ),
        ),
        Demands(
            (
                Lines(3, 3),
                Has(("2", "onions", "300", "chickpeas", "1", "teaspoon", "salt")),
                Lacks(("cebollas", "sal", "de")),
                Words(6, 16),
            )
        ),
        80,
        language="es",
    ),
    Prompt(
        "translate-idiom-fr",
        "translation",
        0.66,
        (
            (
                "Traduis en anglais courant, seulement la traduction : Elle m'a posé un lapin hier soir, et pour "
                "couronner le tout, il pleuvait des cordes."
            ),
        ),
        Terms(
            (
                ("stood me up", "stand me up", "didn't show up", "did not show up", "never showed up", "no-show"),
                ("last night", "yesterday evening", "last evening"),
                (
                    "to top it all",
                    "to top it off",
                    "on top of",
                    "to crown it all",
                    "to make matters worse",
                    "to cap it all",
                    "what's more",
                ),
                ("pour*", "cats and dogs", "bucket*", "teeming", "pelting"),
            ),
            ("rabbit", "ropes", "bunny"),
            language="en",
        ),
        120,
        language="fr",
    ),
    Prompt(
        "translate-legal",
        "translation",
        0.72,
        (
            (
                "Translate into German as in a contract, only the translation: Either party may terminate this "
                "agreement with three months' notice to the end of a calendar year; the right to terminate for "
                "good cause remains unaffected."
            ),
        ),
        Terms(
            (
                (
                    "jede Partei",
                    "jeder Partei",
                    "beide Parteien",
                    "beiden Parteien",
                    "jede der Parteien",
                    "jeder Vertrags*",
                    "jede Vertrags*",
                    "beide Vertrags*",
                    "beiden Vertrags*",
                ),
                ("Vertrag*", "Vereinbarung"),
                ("drei Monat*", "dreimonatig*", "3 Monat*"),
                (
                    "Ende eines Kalenderjahr*",
                    "Kalenderjahresende",
                    "Ende des Kalenderjahr*",
                    "Schluss eines Kalenderjahr*",
                ),
                ("aus wichtigem Grund", "wichtigem Grunde"),
                ("unberührt",),
            ),
            ("aus gutem Grund", "gute Ursache"),
            language="de",
        ),
        150,
    ),
)
