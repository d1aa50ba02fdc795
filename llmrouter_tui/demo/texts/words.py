"""Answers that talk, write, translate or put in order; and those in other languages."""

from llmrouter_tui.demo.texts.entry import entry

WORDS = (
    entry(
        "morning slept badly tired today",
        "Good morning! One bad night is a nuisance, not a disaster. Be gentle with the first hour: light, water, a "
        "short walk if you can, and keep the hard work for when you have woken up.",
        "And go to bed at the usual time tonight. Sleeping in tomorrow feels fair and tends to make it two bad nights.",
    ),
    entry(
        "board game two players recommend",
        "*Patchwork*, if you like something calm and quick: you sew a quilt from odd pieces, and every piece costs "
        "buttons and time.",
        "For something sharper try *7 Wonders Duel*; for playing together instead of against each other, *Sky Team*: "
        "two pilots, one landing, and no talking while you place the dice.",
    ),
    entry(
        "cook leeks potatoes eggs dinner recipe",
        "A leek and potato frittata: fry two sliced potatoes gently for ten minutes, add two leeks for five more, pour "
        "over six beaten eggs with salt and a little cheese, cover until just set.",
        "Cold the next day it makes a good lunch. If there is mustard in the house, a teaspoon in the eggs does a lot.",
    ),
    entry("thanks thank helped great works perfect", "Glad it worked. Good luck with the rest!"),
    entry("hi hello hey there awake", "Hello! What are you working on?"),
    entry(
        "something nice cheer mood tell",
        "Sea otters hold hands while they sleep so that they do not drift apart. Somewhere right now two of them are "
        "doing exactly that.",
    ),
    entry(
        "interview tomorrow nervous job prepare",
        "Three things are worth tonight: two stories of problems you solved, told in a minute each; one honest answer "
        "to why this place; and two questions you really want answered.",
        "Then stop. Lay out your clothes, look up the way, and sleep. Being rested helps more than a fourth story.",
        "If you draw a blank tomorrow, say so and think aloud. People hire colleagues, and that is how a good "
        "colleague sounds.",
    ),
    entry(
        "haiku data centre center servers poem",
        "Rows of quiet lights\nbreathing out the summer's heat,\na fan hums of rain.",
        "(Five, seven, five, and the heat is real: about a third of the power goes into carrying it away.)",
    ),
    entry(
        "poem rain city short",
        "The tram draws a line of light in the wet,\nand nobody looks up. On the fourth floor\na window opens, "
        "the way you open a letter,\nand somebody holds out a hand to the rain,\nas if to ask what it has been "
        "doing\nall this while.",
    ),
    entry(
        "story lighthouse keeper opening begin",
        "The letter came with the supply boat, between the flour and the lamp oil, and it was addressed to the keeper "
        "before the keeper before Ines. She put it on the shelf with the others. There were eleven now, all in the "
        "same hand, and not one of them had been posted later than 1931.",
        "That evening, for the first time, the lamp would not light. She tried the striker four times. Then she heard "
        "somebody on the stairs, below her, where the door was bolted from the inside, and a man's voice said, quite "
        "kindly: *You might as well read them.*",
        "She did not turn round. Outside, far out where there was no ship, a second light began to turn in time with "
        "hers.",
    ),
    entry(
        "slogan slogans bike repair shop name",
        "- *True wheels, honest prices.*\n- *Back on the road by five.*\n- *We fix what the kerb did.*\n"
        "- *Your second gear.*\n- *Chains, changed.*",
        "I would take the second: it is a promise, and people can check it.",
    ),
    entry(
        "limerick cat keyboard",
        "There once was a cat named Delphine\nwho slept on a laptop machine.\nShe typed with her tail\na resignation "
        "mail,\nand purred as it left from the screen.",
    ),
    entry(
        "birthday wishes colleague card",
        "Happy birthday, Jana! May your builds be green, your meetings short and your cake large. Thank you for being "
        "the one who asks the question we were all afraid of.",
        "Shorter, for a card that many sign: *Another year, and still no regressions. Happy birthday!*",
    ),
    entry(
        "polite politely rewrite email friendlier",
        "Hello Mr Berger,\n\nwe have not yet received the drawings that were due last Friday. Could you let me know by "
        "tomorrow noon when we can expect them? We would like to keep the date with the carpenters.\n\nThank you and "
        "kind regards",
        "It keeps the deadline and the reason, and leaves out the blame. If this is the second reminder, add the date "
        "of the first.",
    ),
    entry(
        "summarise summarize summary sentence paragraph one",
        "The council will close the bridge to cars for six weeks from 3 May to replace its bearings, keeps it open for "
        "bicycles and walkers, and sends buses over the ring road.",
    ),
    entry(
        "packing list weekend hiking trip",
        "- boots that are broken in, two pairs of wool socks\n- rain jacket, one warm layer, hat\n- 2 litres of water, "
        "food for a day more than planned\n- map on paper, headlamp, power bank\n- plasters, tape, whistle\n"
        "- a bag for the rubbish",
        "Leave the second pair of trousers at home. Nobody ever missed it.",
    ),
    entry(
        "agenda meeting minutes kickoff",
        "1. Why we do this, and how we will know it worked (5 min)\n2. What is in, what is out (10 min)\n3. Who "
        "decides what (5 min)\n4. First milestone and its date (10 min)\n5. Risks: everyone names one (10 min)\n6. "
        "Next meeting (5 min)",
        "Send item 2 around the day before. It is where the time goes when people see it for the first time.",
    ),
    entry(
        "sentiment review classify positive negative",
        "negative",
        "The praise for the delivery does not outweigh the broken hinge and the refused return, with which it ends.",
    ),
    entry(
        "action items transcript todo tasks who",
        "- **Priya**: send the corrected figures to finance, by Wednesday\n- **Tom**: ask the landlord about the "
        "loading dock, this week\n- **Lena**: book the room for the 14th",
        "Open, without an owner: who tells the customers about the new opening hours.",
    ),
    entry(
        "german translate übersetze into please",
        "Der Aufzug ist außer Betrieb. Bitte benutzen Sie die Treppe; wer Hilfe braucht, klingelt am Empfang.",
    ),
    entry(
        "english translate gewährleistung erlischt gerät übersetze into",
        "The warranty becomes void if the device is opened by persons who are not authorised.",
        "*Erlischt* is stronger than *may be affected*: the claim ends at that moment.",
    ),
    entry(
        "french translate into sentence letter",
        "Nous vous remercions de votre patience et vous tiendrons informés dès que la pièce sera arrivée.",
    ),
    entry(
        "spanish translate into menu",
        "Ensalada de tomate con cebolla roja\nTortilla de patatas con pimientos asados\nMelocotón al horno con miel y "
        "tomillo",
    ),
    entry(
        "japanese translate into station",
        "すみません、駅の北口はどちらですか。\n\n(Sumimasen, eki no kitaguchi wa dochira desu ka.)",
        "*Dochira* is the polite word for *which way*; among friends *doko* is enough.",
    ),
    entry(
        "wasserkocher entkalken kalk essig zitronensäure",
        "Zwei Esslöffel Zitronensäure in kaltem Wasser lösen, den Kocher bis zum Rand füllen und eine halbe Stunde "
        "stehen lassen. Dann ausgießen, zweimal mit klarem Wasser aufkochen, fertig.",
        "Nicht mit der Säure aufkochen: In der Hitze bildet sich Calciumcitrat, das sich kaum noch löst. Essig geht "
        "auch, riecht aber länger und greift Dichtungen an.",
    ),
    entry(
        "kündigung kündigungsfrist mietvertrag wohnung miete frist",
        "Bei einem unbefristeten Mietvertrag beträgt die Frist für Mieter in der Regel drei Monate. Geht die Kündigung "
        "bis zum dritten Werktag eines Monats zu, zählt dieser Monat mit.",
        "Sie muss schriftlich und von allen Mietern unterschrieben sein; eine E-Mail genügt nicht. Verlangen Sie eine "
        "Bestätigung des Eingangs.",
        "Ein Verzicht auf die Kündigung im Vertrag kann das hinausschieben, höchstens für vier Jahre. Im Zweifel hilft "
        "ein Mieterverein; ich ersetze keine Beratung.",
    ),
    entry(
        "pain levain différence levure boulangerie",
        "Le levain est une culture de levures sauvages et de bactéries lactiques ; la levure du commerce est une seule "
        "espèce, rapide et régulière.",
        "Au levain, la pâte lève en huit à douze heures au lieu de deux, le goût est plus acide et la mie se conserve "
        "mieux. Pour commencer, on peut mélanger les deux.",
    ),
    entry(
        "tortilla patatas receta huevos cebolla",
        "Corta 600 g de patatas en láminas finas y fríelas despacio en aceite de oliva con una cebolla, unos veinte "
        "minutos, sin que se doren. Escurre, mezcla con seis huevos batidos y sal, y deja reposar cinco minutos.",
        "Cuaja a fuego medio tres minutos por lado; dale la vuelta con un plato. El centro debe quedar jugoso.",
    ),
    entry(
        "caffè moka come fare preparare",
        "Riempi la caldaia d'acqua fino alla valvola, metti il caffè nel filtro senza pressarlo, chiudi bene e tieni "
        "il fuoco basso. Quando comincia a borbottare, togli la moka dal fuoco.",
        "Il segreto è il fuoco basso: se l'acqua sale troppo in fretta, il caffè diventa amaro.",
    ),
)

OTHER_LETTERS = {
    "机器学习": "机器学习是让计算机从数据中找出规律的方法。监督学习用带答案的例子来训练，无监督学习则自己发现结构。"
    "举个例子：给它看很多标好的猫和狗的照片，它就能学会区分新的照片。",
    "飲み会": "お誘いありがとうございます。あいにく金曜は先約がありまして、今回は失礼いたします。"
    "次の機会にぜひご一緒させてください。",
    "Как": "Сначала проверьте, что всё включено и подключено. Затем перезапустите службу и посмотрите журнал: обычно "
    "причина названа в первой строке с ошибкой.",
}
"""Answers in scripts without spaces between words, or that word matching does not serve: by a piece of the prompt."""
