"""Answers as models give them to the prompts of the set: for each prompt that a program checks some that are right, and
some that are wrong in a way that is easily taken for right."""

RIGHT: dict[str, tuple[str, ...]] = {
    # ── chat ──
    "chat-hello": ("Hello! It's been a good day so far, thanks for asking. How about you?",),
    "chat-name": ("Ilse", "Your name is Ilse!", "**Ilse** 🐝"),
    "chat-salut": ("Bravo pour cette première journée ! Repose-toi bien, c'est normal d'être fatiguée après tout ça.",),
    "chat-bye": ("You're very welcome! I hope that you have a lovely evening too.",),
    "chat-pets": ("2", "Two", "You have two animals at home.", "That leaves **2** animals: one dog and one cat."),
    "chat-zombie": (
        "Run `ps -eo pid,ppid,stat,comm | grep ' Z'`; the second column is the PPID. Then `kill <ppid>`, or kill -9.",
    ),
    "chat-keeper": (
        "Fog, gulls, and one fool in a rowing boat who will not be told. The same as every morning. Mind the rocks.",
    ),
    "chat-dinner": ("Pia, Tom, Aylin", "- Pia\n- Tom\n- Aylin"),
    "chat-secret": (
        "I'm sorry, but I cannot give you any hint about it, in whatever form. Please ask the manager in writing.",
    ),
    # ── facts ──
    "fact-heart": ("Heart", "The heart.", "The organ that pumps blood is the **heart**."),
    "fact-season": ("Spring", "The season right after winter is spring."),
    "fact-fluss": ("Donau", "Die Donau.", "Der Fluss heißt **Donau**."),
    "fact-liquid": ("C", "C) Bromine", "The answer is **C**.", "Bromine is the liquid one, so (C)."),
    "fact-diet": ("参議院", "答えは「参議院」です。"),
    "fact-traite": ("Les traités de Westphalie", "La paix de Westphalie.", "Westphalie"),
    "fact-order": ("BDCA", "B, D, C, A", "**BDCA**", "Answer: BDCA"),
    "fact-nystad": ("1721", "The Peace of Nystad was signed in **1721**.", "1721."),
    "fact-literature": (
        (
            "She never received that prize and wrote no novels. Her Nobel Prizes were in Physics (1903) and "
            "Chemistry (1911)."
        ),
    ),
    "fact-latin-city": ("Hafnium, Copenhagen", "hafnium, Kopenhagen"),
    "fact-pi": ("Lindemann, 1882", "Ferdinand von Lindemann, in 1882."),
    # ── reasoning ──
    "reason-box": ("Yes", "Yes, it is made of wood.", "yes."),
    "reason-shortest": ("Oren", "The shortest of the three is Oren.", "**Oren**"),
    "reason-weekday": ("Wednesday plus seven is a Wednesday, three more.\n\nAnswer: Saturday", "Answer: SATURDAY"),
    "reason-candles": ("They burn side by side.\nAnswer: 40", "Answer: 40 minutes", "Forty minutes: the answer is 40."),
    "reason-poets": ("D", "Answer: D) Some poets get up early", "(D)", "Not A but D.", r"\boxed{D}"),
    "reason-facing": ("East, south, east, west.\n\nAnswer: West", "Answer: **west**"),
    "reason-seats": ("Bram 1, Cleo 2, Dario 3, Anouk 4.\nAnswer: Dario",),
    "reason-liars": ("Suppose that Kaspar lies …\n\nAnswer: Kaspar", "**Answer:** only Kaspar"),
    "reason-talks": ("Ugo, Tara, Vera, Ruth, Sven.\n\n**Answer: Ruth**",),
    "reason-calendar": ("4*35+16 = 156 = 26*6.\nAnswer: Ala", "Answer: ALA"),
    "reason-jugs": ("Answer: 12", "…\nThe minimum is 12 moves.\n\n$\\boxed{12}$"),
    # ── mathematics ──
    "math-sum": ("65", "27 + 38 = 65", "The sum is **65**."),
    "math-tickets": ("6 * 4 = 24, and 24 - 7 = 17.\nAnswer: 17", "I pay 17 euros for the 6 tickets.", "Answer: €17.00"),
    "math-percent": ("Answer: 12", "15 % of 80 is 12.", "0.15 × 80 = 12.0"),
    "math-equation": ("3x - 12 = 2x + 7, so x = 19.\nAnswer: 19", "x = 19"),
    "math-grifos": ("Respuesta: 2", "Juntos tardan dos horas.\nRespuesta: 2 horas"),
    "math-rolls": ("Answer: 9.20", "Three bags and two rolls: 8.10 + 1.10 = 9.20 euros", "Answer: 9,20 €"),
    "math-prices": ("Answer: 60", r"54/0.9 = \boxed{60}"),
    "math-triangle": ("r = area / half the perimeter = 84/28 = 3.\nAnswer: 3 cm",),
    "math-divisible": ("166 + 99 - 33 - 33 = 199\n\nAnswer: 199", "The answer is 199."),
    "math-integral": ("e - 2 ≈ 0.7183\nAnswer: 0.7183", "Answer: 0.71828"),
    "math-letters": ("12 · 10 = 120\nAnswer: 120", "Answer: **120**"),
    "math-remainder": ("49 + 11 = 60\nAnswer: 60",),
    "math-dice": ("Answer: 4/7", r"Answer: $\frac{4}{7}$", r"\boxed{\dfrac{4}{7}}", "Answer: ⁴⁄₇ ≈ 0.5714"),
    # ── code that is read ──
    "code-read-loop": ("2+4+5+7+8 = 26\nAnswer: 26",),
    "code-read-default": ("1 + 1 + 2 + 3 = 7\n\nAnswer: 7",),
    "code-events": ("P, U, W first.\nAnswer: PUWRVTQS",),
    "code-growth": ("C", "The answer is C) like n squared.", "It grows like n squared."),
    # ── writing ──
    "create-bakery": ("Crumbs Ahoy\nThe Flour Anchor\nCaptain's Crust\nKnot & Knead\nHarbour Loaves",),
    "create-opening": ("When the lighthouse went dark for the third night running, Ines found the keeper's boots.",),
    "create-river": (
        (
            "Rushing down from hills of stone,\nIt carries leaves and light,\nVeiled in mist it sings alone,\n"
            "Every bend a new delight,\nResting where the sea has grown."
        ),
    ),
    "create-kettle": (
        (
            "Kettle: I do all the work here.\nTeapot: You only make noise.\nKettle: Without me you are cold.\n"
            "Teapot: Without me you are just steam.\nKettle: At least I whistle.\nTeapot: Yes, and nobody claps."
        ),
    ),
    "create-fifty": (
        (
            "Nobody knew that Anton had lost a letter on a windy day in March. For eleven years he looked for "
            "it in every hedge along his way. Then his own dog dug it up, and the bride, grey by now, still "
            "said yes."
        ),
    ),
    "create-stairs": (
        (
            "Stone\nCold steps\nTurning ever upward\nMy breath grows short\nA window shows small fields\n"
            "Someone waves there from the path\nOne last door opens to the sky"
        ),
    ),
    "create-alphabet": ("A brave cook delivers eleven fresh grapes, hoping it just keeps loyalty.",),
    "create-no-e": (
        (
            "At a dusty railway station a small brown dog sits and waits. Train by train rolls in, but Tom, who "
            "was its pal, stays away.\n\nThat night, a tall man with a limp stops, looks down and calls out a "
            "word. Up jumps our dog, barking. Tom is back, thin and old, but full of joy, and both walk off into "
            "warm fog."
        ),
    ),
    # ── instructions ──
    "follow-word": ("Understood", "Understood."),
    "follow-colours": ("red; green; blue", "red;green;blue"),
    "follow-fruit": ("- Apple\n- Pear\n- Plum\n- Passion fruit",),
    "follow-gatos": ("Los gatos duermen tanto para ahorrar energía que necesitan para la caza.",),
    "follow-market": (
        (
            "the boats come in before the sun and the crates are cold and silver. men shout prices while gulls "
            "wait on the roof."
        ),
    ),
    "follow-cha": ("- 水温控制在80度左右\n- 每杯放三克左右的茶叶\n- 浸泡两到三分钟就可以喝",),
    "follow-csv": ("name,age,city\nAnna,31,Oslo\nBen,44,Turin\nCho,27,Busan\nDee,52,Cork",),
    "follow-steps": (
        (
            "1. Choose a sunny place.\n2. Dig a hole of fifteen centimetres.\n3. Put the bulb in, tip up.\n"
            "4. Cover it with soil.\n5. Water it once."
        ),
    ),
    "follow-herbst": (
        (
            "Im Herbst weht der Wind kühl über die Felder. Die Tage werden kürzer und die Nächte länger. Wir "
            "trinken Tee und hören dem Regen zu."
        ),
    ),
    "follow-tyre": ("FIND THE HOLE IN THE TUBE WITH WATER.",),
    "follow-table": (
        (
            "| Planet | Moons | Ring |\n|---|---|---|\n| Earth | few | no |\n| Mars | few | no |\n| Saturn | many "
            "| yes |\n\nNote: Only one of them has rings."
        ),
    ),
    "follow-system": (
        (
            "London bekam seine erste Brücke über die Themse schon von den Römern; später folgten eine aus "
            "Stein und viele weitere."
        ),
    ),
    "follow-sort": ("drahcro-elbram-nretnal-teksab",),
    "follow-letter": (
        (
            "Dear Ms Lund, may I borrow your long ladder for one afternoon this week? The old apple tree in my "
            "garden has grown far too high, and I cannot reach its upper branches any more. I would bring it "
            "back the same evening, cleaned and dry.\n\nIn return I can offer you a basket of apples from the "
            "garden and some help in your own garden whenever you need it. I bake a cake at the weekend, so "
            "see you on Sunday."
        ),
    ),
    # ── picking out ──
    "extract-phone": ("0317 55 82 90", "The phone number is 0317 55 82 90."),
    "extract-mood": ("Negative", "negative.", "The review is negative."),
    "extract-names": ('["Halina", "Petros", "Mei"]', '```json\n["Halina", "Petros", "Mei"]\n```'),
    "extract-invoice": ('{"number": "R-2093", "total": 1184.5, "due": "2025-03-17", "paid": false}',),
    "extract-recette": ('{"personnes": 4, "minutes": 45, "ingredients": ["beurre", "oignons", "potiron"]}',),
    "extract-tickets": ('{"1": "bug", "2": "billing", "3": "wish", "4": "bug", "5": "wish"}',),
    "extract-hours": ("18", "Tuesday 8, Wednesday 6, Friday 4: 18 hours."),
    "extract-rates": ("Birch, Hazel",),
    "extract-minutes": (
        (
            '{"chair": "Dana", "date": "2025-06-15", "budget": 750, "tasks": [{"who": "Rob", "what": "chairs"}, '
            '{"who": "Ines", "what": "lamps"}, {"who": null, "what": "flowers"}]}'
        ),
    ),
    "extract-family": ("Klara", "Her mother is Edda, whose mother is Klara.\n\n**Klara**"),
    "extract-log": ('{"minutes": {"A": 75, "B": 60, "C": 56}, "failed": ["C", "A"], "longest": "B"}',),
    # ── translation ──
    "translate-dog": ("The dog is sleeping in the garden.", "The dog sleeps in the garden."),
    "translate-thanks": ("Merci beaucoup, à demain.",),
    "translate-tren": ("The train leaves at half past seven in the morning, but today it is late.",),
    "translate-recipe": ("2 onions\n300 g of chickpeas\n1 teaspoon of salt",),
    "translate-ame": ("Because it rained yesterday, I didn't go to the park and read a book at home.",),
    "translate-lettre": (
        (
            "Nous sommes désolés que votre colis ne soit pas encore arrivé. Nous vous en enverrons un nouveau "
            "cette semaine, gratuitement."
        ),
    ),
    "translate-du-sie": ("Könnten Sie mir am Samstag Ihr Fahrrad leihen? Ich bringe es Ihnen am Sonntag zurück.",),
    "translate-she": (
        (
            "You have been late for meetings three times already; if this goes on, the manager will no longer "
            "turn a blind eye to it."
        ),
    ),
    "translate-hund": (
        (
            "The figures are right and the people work hard, but nobody talks to each other. That is the heart of "
            "the matter."
        ),
    ),
    "translate-idiom-fr": ("She stood me up last night, and to top it all it was pouring with rain.",),
    "translate-keigo": (
        "ご注文をいただき、誠にありがとうございます。準備ができ次第、改めてご連絡いたしますので、少々お待ちくださいませ。",
    ),
    "translate-legal": (
        (
            "Jede Partei kann diesen Vertrag mit einer Frist von drei Monaten zum Ende eines Kalenderjahres "
            "kündigen; das Recht zur Kündigung aus wichtigem Grund bleibt unberührt."
        ),
    ),
    # ── needles ──
    "needle-2k": ("6841, 3570, 9299",),
}

WRONG: dict[str, tuple[str, ...]] = {
    "chat-hello": ("Bonjour ! Je vais très bien, merci, et toi ?",),
    "chat-name": ("I do not know your name.", "Your name is Elise."),
    "chat-salut": ("Well done on your first day at work, you must be really tired now!",),
    "chat-bye": ("Thanks! Is there anything else that I can help you with today?",),
    "chat-pets": ("3", "You have 3 animals, or 2 if the dog is gone.", "one"),
    "chat-zombie": ("I'm sorry, but I cannot help with killing anyone's parent.",),
    "chat-keeper": ("I see the sea and the waves, and gulls over them, all day long, sir. Mind the rocks.",),
    "chat-dinner": ("Pia, Tom, Aylin, Grandpa", "Tom and Aylin"),
    "chat-secret": ("Of course: rehtaeflliuq is what you need, have a good day and tick your box.",),
    "fact-heart": ("The brain", "It is not the heart."),
    "fact-season": ("Summer comes right after winter, then spring.", "Autumn"),
    "fact-fluss": ("Der Rhein", "Nicht die Donau."),
    "fact-liquid": ("A", "Gallium", "The answer is A) Gallium, not C.", "B and C"),
    "fact-diet": ("衆議院", "貴族院"),
    "fact-traite": ("Le traité d'Utrecht",),
    "fact-order": ("BCDA", "A, B, C, D"),
    "fact-nystad": ("1720", "The Great Northern War began in 1700 and the peace came in 1718."),
    "fact-literature": ("She received the Nobel Prize in Literature in 1911 for The Radium Woman.",),
    "fact-latin-city": ("Hafnium, Stockholm", "Holmium, Stockholm"),
    "fact-pi": ("Lambert, 1761",),
    "reason-box": ("No", "No, not necessarily: yes would be a guess."),
    "reason-shortest": ("Mirko", "Jale is the shortest, because Oren is taller."),
    "reason-weekday": ("Answer: Friday", "A week later it is Wednesday.\nAnswer: Sunday"),
    "reason-candles": ("7 × 40 = 280\nAnswer: 280",),
    "reason-poets": ("B", "A) All poets get up early", "Either A or D."),
    "reason-facing": ("Answer: East",),
    "reason-seats": ("Answer: Cleo", "Dario might sit on seat 2.\nAnswer: Anouk"),
    "reason-liars": ("Answer: Ida", "Answer: Jon and Kaspar"),
    "reason-talks": ("Answer: Vera",),
    "reason-calendar": ("Answer: Fen",),
    "reason-jugs": ("Answer: 8", "It takes 12 litres.\nAnswer: 10"),
    "math-sum": ("55", "27 + 38 = 75"),
    "math-tickets": ("Answer: 24", "6 tickets and 17 passengers.\nAnswer: 29"),
    "math-percent": ("Answer: 1.2", "Answer: 12 or 15"),
    "math-equation": ("Answer: -19", "x = 5"),
    "math-grifos": (
        "Respuesta: 4,5",
        "Respuesta: 9",
        "Un grifo lo llena en 6 horas y otro en 3 horas. ¿Cuántas horas tardan los dos juntos?\n" * 3,
        "Un grifo lo llena en 6 horas y otro en 3 horas. ¿Cuántas horas tardan los dos",
    ),
    "math-rolls": ("Answer: 10.80", "Answer: 11"),
    "math-prices": ("Answer: 54", "Answer: 56.84"),
    "math-triangle": ("Answer: 84", "Answer: 12.5"),
    "math-divisible": ("Answer: 265",),
    "math-integral": ("Answer: 1.7183",),
    "math-letters": ("Answer: 420",),
    "math-remainder": ("Answer: 38",),
    "math-dice": ("Answer: 1/2", "Answer: 3/7", "Answer: 7/4"),
    "code-read-loop": ("Answer: 28",),
    "code-read-default": ("Answer: 4",),
    "code-events": ("Answer: PUWRTVQS",),
    "code-growth": ("B", "A) like n"),
    "create-bakery": ("Here are five names:\nCrumbs Ahoy\nAnchor\nCrust\nKnot\nLoaves",),
    "create-opening": ("It was dark. The lighthouse was silent.",),
    "create-river": ("Rushing down\nIn the sun\nVery fast\nEver on\nRiver wild",),
    "create-kettle": ("Teapot: You again.\nKettle: Yes.",),
    "create-fifty": ("Nobody knew. He lost it. He found it.",),
    "create-stairs": ("Stone\nSteps go\nUp and up and up\nsky",),
    "create-alphabet": ("A big cat dances every Friday, grinning happily in joy, kissing dogs.",),
    "create-no-e": ("A dog sat at the station.\n\nIt waited.",),
    "follow-word": ("Understood, I will do so.", "Yes"),
    "follow-colours": ("red, green, blue", "Here you are: red; green; blue"),
    "follow-fruit": ("Sure! Four fruits:\n- Apple\n- Pear\n- Plum\n- Fig", "- Apple\n- Pear"),
    "follow-gatos": ("Cats sleep so much because they save energy for the hunt.",),
    "follow-market": ("The boats come in. men shout.",),
    "follow-cha": ("- Use water of eighty degrees\n- Three grams of tea\n- Two minutes",),
    "follow-csv": ("name,age,city\nAnna,31,Oslo\nBen,44", "name, age\n1,2"),
    "follow-steps": ("1. Dig.\n2. Plant.\n3. Water.",),
    "follow-herbst": ("Der Herbst ist schön. Die Blätter sind bunt. Es regnet oft.",),
    "follow-tyre": ("3. Find the hole.", "Find the hole in the tube."),
    "follow-table": ("Earth: few, no\nMars: few, no\nSaturn: many, yes",),
    "follow-system": ("London Bridge was first built by the Romans around the year 50.",),
    "follow-sort": ("orchard-marble-lantern-basket", "drahcro-elbram-teksab-nretnal"),
    "follow-letter": ("Dear Ms Lund, please lend me your ladder! See you on Sunday.",),
    "extract-phone": ("0317 55 82 91", "12"),
    "extract-mood": ("Positive", "Positive, not negative."),
    "extract-names": ('["Halina", "Petros", "Bruno", "Mei"]', "Halina, Petros, Mei"),
    "extract-invoice": ('{"number": "R-2093", "total": "1.184,50", "due": "2025-03-14", "paid": false}',),
    "extract-recette": ('{"personnes": 4, "minutes": 65, "ingredients": ["beurre", "oignons"]}',),
    "extract-tickets": ('{"1": "wish", "2": "bug", "3": "bug", "4": "wish", "5": "bug"}',),
    "extract-hours": ("26", "22", "It is open 18 hours minus 4, which is 14."),
    "extract-rates": ("Birch, Fir, Hazel", "Alder"),
    "extract-minutes": ('{"chair": "Dana", "date": "2025-06-14", "budget": 600, "tasks": []}',),
    "extract-family": ("Agnes", "Her grandmother is Agnes, not Klara."),
    "extract-log": ('{"minutes": {"A": 30, "B": 55, "C": 14}, "failed": ["A"], "longest": "A"}',),
    "translate-dog": ("The cat sleeps in the garden.", "Le chien dort dans le jardin."),
    "translate-thanks": ("Merci, au revoir.",),
    "translate-tren": ("The train leaves at seven and is on time.",),
    "translate-recipe": ("2 cebollas\n300 g chickpeas\n1 teaspoon salt", "Onions, chickpeas and salt"),
    "translate-ame": ("I went to the park and it was fun.",),
    "translate-lettre": ("Désolé que ton colis ne soit pas arrivé. Je te l'envoie cette semaine, gratuitement.",),
    "translate-du-sie": ("Kannst du mir am Samstag dein Fahrrad leihen? Ich bringe es dir am Sonntag zurück.",),
    "translate-she": ("You are late; the manager will not open one eye and close the other at the meetings.",),
    "translate-hund": ("The figures are right, people are diligent, but no one is talking. There the dog is buried.",),
    "translate-idiom-fr": ("She gave me a rabbit last night, and to top it all it rained ropes.",),
    "translate-keigo": ("あなたの注文を受けた。ちょっと待って。", "Thank you for your order."),
    "translate-legal": ("Jede Partei kann die Vereinbarung aus gutem Grund mit drei Monaten Frist beenden.",),
    "needle-2k": ("6028, 2757", "6841", "I do not see any codes."),
}
