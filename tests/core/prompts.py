"""Everyday prompts in many languages, with the tasks that a person would call right and the models that a person
would call sensible at Q = .5 on the fleet of ``fleet.py`` (3B and 8B resident)."""

SMALL = frozenset({"3b", "8b"})
GENERAL = frozenset({"3b", "8b", "vl", "70b"})
CODERS = frozenset({"coder", "70b", "r1"})
CODE = CODERS | {"8b"}
"""For short everyday code an 8B that is already there will do."""
THINKERS = frozenset({"r1", "70b"})
MATHS = frozenset({"r1", "70b", "8b", "3b"})
"""For everyday sums; the hard ones are in ``HARD``."""
ANY = GENERAL | CODERS

Row = tuple[str, str, str, frozenset[str]]
"""(prompt, language, tasks that are right, models that are sensible)"""

EVERYDAY: tuple[Row, ...] = (
    # ── talk ──
    ("hi", "en", "chat", SMALL),
    ("hello there!", "en", "chat", SMALL),
    ("good morning, how are you?", "en", "chat", SMALL),
    ("thanks, that's all", "en", "chat", SMALL),
    ("I feel a bit lonely today", "en", "chat", SMALL),
    ("what can you do?", "en", "chat", SMALL),
    ("tell me about yourself", "en", "chat", SMALL),
    ("cool", "en", "chat", SMALL),
    ("let me know when you're ready", "en", "chat factual instruction", SMALL),
    ("Hallo, wie geht's?", "de", "chat", SMALL),
    ("Bonjour, comment vas-tu ?", "fr", "chat", SMALL),
    ("Hola, ¿qué tal?", "es", "chat", SMALL),
    ("Ciao, come stai?", "it", "chat", SMALL),
    ("Olá, tudo bem com você?", "pt", "chat", SMALL),
    ("Привет, как дела?", "ru", "chat", SMALL),
    ("你好，最近怎么样？", "zh", "chat", SMALL),
    ("こんにちは、元気ですか？", "ja", "chat", SMALL),
    ("안녕하세요! 잘 지내요?", "ko", "chat", SMALL),
    ("مرحبا كيف حالك", "ar", "chat", SMALL),
    # ── facts ──
    ("what is the capital of Australia?", "en", "factual", SMALL),
    ("capital of peru", "en", "factual", SMALL),
    ("Who wrote Pride and Prejudice?", "en", "factual", SMALL),
    ("When did the Berlin wall come down?", "en", "factual", SMALL),
    ("Is first class worth it on long flights?", "en", "chat factual reasoning instruction", GENERAL),
    ("Explain photosynthesis", "en", "factual", GENERAL),
    ("What's the difference between a virus and a bacterium?", "en", "factual", GENERAL),
    ("how tall is mount everest", "en", "factual", SMALL),
    ("What class of animals do whales belong to?", "en", "factual", SMALL),
    ("What does the dress code 'business casual' mean?", "en", "factual", GENERAL),
    ("Was ist die Hauptstadt von Norwegen?", "de", "factual", SMALL),
    ("Quelle est la capitale du Canada ?", "fr", "factual", SMALL),
    ("¿Quién pintó el Guernica?", "es", "factual", SMALL),
    ("Chi ha scritto la Divina Commedia?", "it", "factual", SMALL),
    ("Quem descobriu o Brasil?", "pt", "factual", SMALL),
    ("Какая столица Австралии?", "ru", "factual", SMALL),
    ("中国的首都是哪里？", "zh", "factual", SMALL),
    ("日本の首都はどこですか？", "ja", "factual", SMALL),
    ("대한민국의 수도는 어디인가요?", "ko", "factual", SMALL),
    ("ما هي عاصمة مصر؟", "ar", "factual", SMALL),
    # ── sums, with and without magic words ──
    ("what is 17*23", "en", "math", MATHS),
    ("17 + 4 * 3 = ?", "en", "math", MATHS),
    ("What is 15% of 240?", "en", "math", MATHS),
    (
        "A train leaves Chicago at 60 mph and another leaves New York at 80 mph, 900 miles apart. When do they meet?",
        "en",
        "math reasoning",
        MATHS,
    ),
    ("If I buy 3 apples for $2 each and pay with a $10 note, how much change do I get?", "en", "math", MATHS),
    ("Sarah has twice as many marbles as Tom. Together they have 36. How many does Tom have?", "en", "math", MATHS),
    ("Solve 3x + 5 = 20", "en", "math", MATHS),
    ("Find the derivative of x^3 sin(x)", "en", "math", MATHS),
    ("Berechne die Ableitung von x^2 + 3x", "de", "math", MATHS),
    ("Combien font 12 fois 13 ?", "fr", "math", MATHS),
    ("Si tengo 12 manzanas y regalo 5, ¿cuántas me quedan?", "es", "math", MATHS),
    ("Quanto fa 144 diviso 12?", "it", "math", MATHS),
    ("Реши уравнение 2x + 7 = 15", "ru", "math", MATHS),
    ("小明有12个苹果，吃了3个，又买了5个，现在有多少个？", "zh", "math", MATHS),
    ("りんごが12個あります。3個食べたら、残りはいくつですか？", "ja", "math", MATHS),
    ("사과 12개 중 5개를 먹으면 몇 개가 남나요?", "ko", "math", MATHS),
    ("احسب 12 + 45", "ar", "math", MATHS),
    # ── code ──
    ("Write a Python function that merges two sorted lists", "en", "coding", CODE),
    ("why does my react component re-render twice?", "en", "coding", CODE),
    ("fix this:\n```js\nfor (let i = 0; i <= arr.length; i++) { sum += arr[i] }\n```", "en", "coding", CODE),
    ("regex for matching ISO dates", "en", "coding", CODE),
    ("how do I undo my last git commit?", "en", "coding", CODE),
    (
        (
            'Traceback (most recent call last):\n  File "app.py", line 3, in <module>\n    import foo\n'
            "ModuleNotFoundError: No module named 'foo'"
        ),
        "en",
        "coding",
        CODE,
    ),
    ("SELECT name FROM users WHERE id = 3 returns nothing, any idea?", "en", "coding", CODE),
    ("Add retry logic to fetch_user in src/api/client.ts and write unit tests", "en", "coding", CODE),
    ("translate this function to Rust:\n```python\ndef add(a, b):\n    return a + b\n```", "en", "coding", CODE),
    ("Schreibe eine Python-Funktion, die Primzahlen findet", "de", "coding", CODE),
    ("Écris une fonction JavaScript qui inverse une chaîne", "fr", "coding", CODE),
    ("Escribe una consulta SQL que cuente los pedidos por cliente", "es", "coding", CODE),
    ("Scrivi una funzione in Python per ordinare una lista", "it", "coding", CODE),
    ("Escreva uma função em Python que calcule o fatorial", "pt", "coding", CODE),
    ("Напиши функцию на Python для сортировки списка", "ru", "coding", CODE),
    ("用Python写一个快速排序的函数", "zh", "coding", CODE),
    ("Pythonでフィボナッチ数列を出力するコードを書いてください", "ja", "coding", CODE),
    ("파이썬으로 소수를 찾는 함수를 구현해 주세요", "ko", "coding", CODE),
    ("اكتب دالة بلغة بايثون لحساب المضروب", "ar", "coding", CODE),
    # ── stories, poems ──
    ("Write a haiku about autumn rain", "en", "creative", GENERAL),
    ("Write a short story about a programmer who debugs Python code at night", "en", "creative", GENERAL),
    ("tell me a joke", "en", "creative chat", GENERAL),
    ("Come up with ten names for my bakery", "en", "creative instruction", GENERAL),
    ("Schreib mir ein Gedicht über den Herbst", "de", "creative", GENERAL),
    ("Écris un poème sur la mer", "fr", "creative", GENERAL),
    ("Escribe un cuento corto sobre un dragón", "es", "creative", GENERAL),
    ("Raccontami una favola per bambini", "it", "creative", GENERAL),
    ("Escreva um poema sobre a saudade", "pt", "creative", GENERAL),
    ("Придумай сказку про кота", "ru", "creative", GENERAL),
    ("写一首关于春天的诗", "zh", "creative", GENERAL),
    ("秋についての俳句を書いて", "ja", "creative", GENERAL),
    ("봄에 대한 시를 써줘", "ko", "creative", GENERAL),
    ("اكتب قصيدة عن البحر", "ar", "creative", GENERAL),
    # ── doing as told ──
    ("Write an email to my landlord about the broken heating", "en", "instruction creative", GENERAL),
    ("Give me a 3-day workout plan for beginners", "en", "instruction", GENERAL),
    ("how do I bake sourdough bread?", "en", "instruction factual", GENERAL),
    ("Rewrite this to sound more professional: hey, can't make it tmrw", "en", "instruction", GENERAL),
    ("fix the grammar: he don't likes apples", "en", "instruction", GENERAL),
    ("Schreibe eine E-Mail an meinen Chef, dass ich krank bin", "de", "instruction creative", GENERAL),
    ("Donne-moi une recette de crêpes", "fr", "instruction", GENERAL),
    ("¿Cómo puedo mejorar mi currículum?", "es", "instruction", GENERAL),
    ("帮我写一封请假邮件", "zh", "instruction creative", GENERAL),
    # ── making sense of text ──
    (
        "Summarize the following article in three bullet points:\n\n" + "The council met. " * 150,
        "en",
        "extraction",
        GENERAL,
    ),
    (
        "Summarise this:\n\n" + "Our Python class covers functions, recursion and SQL. " * 60,
        "en",
        "extraction",
        GENERAL,
    ),
    ("tl;dr of this please: The meeting moved to Monday because the room is taken.", "en", "extraction", GENERAL),
    ("Extract all dates and names from: Anna met Bob on 3 May 2021 in Oslo.", "en", "extraction", GENERAL),
    ("Classify the sentiment of this review as positive or negative: the food was cold", "en", "extraction", GENERAL),
    ("Fasse den folgenden Text zusammen: Die Sitzung wurde auf Montag verlegt.", "de", "extraction", GENERAL),
    ("Résume ce texte : La réunion est reportée à lundi.", "fr", "extraction", GENERAL),
    ("Resume el siguiente texto: La reunión se aplazó al lunes.", "es", "extraction", GENERAL),
    ("请总结下面的文章：会议改到星期一举行，因为会议室被占用。", "zh", "extraction", GENERAL),
    ("次の文章を要約してください。会議は月曜日に変更されました。", "ja", "extraction", GENERAL),
    # ── between languages ──
    ("Translate 'good morning' to French", "en", "translation", SMALL),
    ("How do you say 'I am hungry' in Italian?", "en", "translation", SMALL),
    ("Übersetze ins Englische: Der Zug hat Verspätung", "de", "translation", SMALL),
    ("Traduis en anglais : le train est en retard", "fr", "translation", SMALL),
    ("Traduce al inglés: el tren llega tarde", "es", "translation", SMALL),
    ("Переведи на английский: поезд опаздывает", "ru", "translation", SMALL),
    ("把这句话翻译成英语：火车晚点了", "zh", "translation", SMALL),
    ("「電車が遅れています」を英語に翻訳して", "ja", "translation", SMALL),
    ("이 문장을 영어로 번역해 주세요: 기차가 늦어요", "ko", "translation", SMALL),
    # ── thinking ──
    ("What are the pros and cons of renting versus buying a house?", "en", "reasoning factual", ANY),
    ("Three people sit in a row. Anna is not next to Bob. Who sits in the middle?", "en", "reasoning math", ANY),
    ("All bloops are razzies and all razzies are lazzies. Are all bloops lazzies?", "en", "reasoning factual", ANY),
    ("Was sind die Vor- und Nachteile von Elektroautos?", "de", "reasoning factual", ANY),
    ("分析一下远程办公的优缺点", "zh", "reasoning", ANY),
)

HARD: tuple[Row, ...] = (
    (
        "Prove that the square root of 2 is irrational and generalise the proof to all non-square integers.",
        "en",
        "math reasoning",
        THINKERS,
    ),
    (
        (
            "Design a distributed rate limiter with fault tolerant consensus; analyze race conditions and trade-offs "
            "in depth, then implement the core in Go with thread safe code and edge cases covered."
        ),
        "en",
        "coding reasoning",
        CODERS,
    ),
    (
        (
            "On an island of knights and knaves, A says B is a knave, B says A and C are alike. Deduce step by "
            "step what C must be, formally and with all cases considered."
        ),
        "en",
        "reasoning",
        THINKERS,
    ),
    ("Beweise, dass es unendlich viele Primzahlen gibt, und leite eine untere Schranke her.", "de", "math", THINKERS),
    ("证明根号2是无理数，并推广到所有非完全平方数。", "zh", "math reasoning", THINKERS),
)
