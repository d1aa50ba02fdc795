"""Answers to the prompts of the set that ask for a form, and translations."""

from collections.abc import Mapping

from llmrouter_tui.demo.texts.sheet import Sheet

FORMS: Mapping[str, Sheet] = {
    # ── writing ──
    "create-bakery": Sheet(
        "Anchor & Rye\nThe Salty Loaf\nPort of Crumbs\nSeven Knots Bakery\nBread Ahoy",
        (
            "Here are five names:\n1. The Old Retired Sailor's Little Bakery\n2. Bread\n3. Rolls",
            "The Salty Loaf, Anchor & Rye, Bread Ahoy, Port of Crumbs, Seven Knots",
        ),
    ),
    "create-opening": Sheet(
        "On the night the lighthouse burned green, every boat in the bay turned round except one.",
        ("It was a dark and stormy night. The wind howled. Nobody had seen the keeper for days.",),
    ),
    "create-river": Sheet(
        "Rain began it, high and cold,\nInching down through moss and stone,\nValleys opened, wide and old,\nEvery "
        "mill it turned alone,\nReaching tides that took its gold.",
        (
            (
                "The river runs so clear and blue,\nIt sparkles in the sun,\nI love it and you love it too,\nIts "
                "journey's just begun."
            ),
        ),
    ),
    "create-kettle": Sheet(
        "Kettle: You have not boiled a thing in your life.\nTeapot: I have better things to do than scream.\nKettle: "
        "Without my water you are a vase.\nTeapot: Without my leaves you are a hot puddle.\nKettle: At least nobody "
        "puts a woolly hat on me.\nTeapot: Nobody would want to keep you warm.",
        ("The kettle and the teapot were quarrelling about who was more important, and in the end they made peace.",),
    ),
    "create-fifty": Sheet(
        "Nobody ever asked why old Marten walked his round twice. In a storm he had lost a single letter, and each "
        "evening he searched the hedges for it. Nineteen years later he found it in a bird's nest and rang the bell.",
        (
            "A postman lost a letter. He looked for it. Years later he found it again and was glad.",
            "Nobody knew it, but the postman had lost a letter, and years later he found it.",
        ),
        "Marten had been a postman for thirty years when a gust took a letter out of his hand. He ran after it "
        "across the fields and lost it at the brook. He told nobody, and each evening he looked behind another "
        "hedge. Nineteen winters later a nest fell from an oak, and between the twigs was an envelope. He washed his "
        "hands, put on his cap, and rang at the door of a woman who had stopped waiting.",
    ),
    "create-stairs": Sheet(
        "Up\nOld steps\nWorn by feet\nNarrow windows show fields\nBelow me the bells sleep\nMy hand follows the cold "
        "wall\nUntil the door opens to the sky",
        (
            (
                "I climb the tower step by step,\nmy heart beats in my chest,\nand when at last I reach the top\nI "
                "sit me down and rest."
            ),
        ),
    ),
    "create-alphabet": Sheet(
        "All bakers could dance elegantly for guests, humming in joyful kitchens late.",
        (
            "A big cat dozed every Friday, greatly happy in just kind light today.",
            "A bear came down.",
        ),
    ),
    "create-no-e": Sheet(
        "A small brown dog sat on a railway platform, as it did day by day. It would look at a train, wag its tail, "
        "and look again, for a man who had said: I will not stay away long.\n\nThat Friday, rain was falling, and a "
        "tall man with a limp got off last. Our dog did not bark. It ran, and folks still cry if you ask what was "
        "said.",
        (
            (
                "At the station a little dog waited every evening for the train.\n\nOne day the master returned, and "
                "they were together again."
            ),
        ),
    ),
    # ── instructions ──
    "follow-word": Sheet(
        "Understood",
        (
            "Yes, I have understood the task and am ready.",
            "OK",
        ),
    ),
    "follow-colours": Sheet(
        "red; green; blue",
        (
            "Sure! Here it is: red; green; blue",
            "Red, green, blue",
        ),
    ),
    "follow-fruit": Sheet(
        "- Apple\n- Cherry\n- Mango\n- Quince",
        (
            "Here are four fruits:\n- Apple\n- Cherry\n- Mango\n- Quince",
            "1. Apple\n2. Cherry\n3. Mango",
        ),
    ),
    "follow-gatos": Sheet(
        "Los gatos duermen tanto porque como cazadores necesitan guardar su energía.",
        (
            "Cats sleep so much because they are hunters that save their energy.",
            (
                "Los gatos duermen mucho. Son cazadores. Guardan su energía para la noche y por eso descansan "
                "durante el día."
            ),
        ),
    ),
    "follow-market": Sheet(
        "the first crates slide over the wet stones while the gulls argue on the roof. an old woman counts out "
        "silver herrings and laughs at the price.",
        (
            "The market wakes early, and boats, crates and gulls are everywhere. It smells of salt.",
            "it smells of salt, fish and coffee everywhere this morning.",
        ),
    ),
    "follow-cha": Sheet(
        "- 用八十度左右的热水\n- 每杯放三克绿茶\n- 泡两分钟后就可以喝了",
        (
            "- Use water of about eighty degrees\n- Three grams of tea a cup\n- Two minutes",
            "泡绿茶很简单：水不要太烫，茶叶不要太多。",
        ),
    ),
    "follow-csv": Sheet(
        "name,age,city\nMilan,34,Lyon\nAda,28,Porto\nTove,51,Bergen\nRavi,45,Pune",
        (
            "Here is the CSV:\nname, age, city\nMilan, 34, Lyon\nAda, 28, Porto",
            "| name | age | city |\n|---|---|---|",
        ),
    ),
    "follow-steps": Sheet(
        "1. Pick a sunny spot with loose soil.\n2. Dig a hole about fifteen centimetres deep.\n3. Set the bulb in "
        "with its tip up.\n4. Fill the hole and press gently.\n5. Water once and wait for spring.",
        (
            (
                "Planting tulips is easy! Dig a hole, put the bulb in, cover it with soil and water it. Enjoy your "
                "flowers!"
            ),
            "1. Dig a hole\n2. Put the bulb in\n3. Close it",
        ),
    ),
    "follow-herbst": Sheet(
        "Im Herbst riecht der Wald nach Pilzen und Regen. Am Morgen liegt Nebel über den Wiesen. Wer dann spazieren "
        "geht, nimmt einen Schal mit.",
        (
            "Der Herbst ist bunt. Die Blätter sind gelb und rot.",
            "Autumn is the season in which the days grow shorter.",
        ),
    ),
    "follow-tyre": Sheet(
        "FIND THE HOLE IN THE TUBE WITH A BOWL OF WATER.",
        (
            "3. Find the hole in the tube with a bowl of water.",
            "Step 3: FIND the hole",
        ),
        "1. Take the wheel off.\n2. Lift the tyre and pull the tube out.\n3. Find the hole in the tube with a bowl "
        "of water.\n4. Roughen it, put glue on and press a patch on it.\n5. Put all back and pump it up.",
    ),
    "follow-table": Sheet(
        "| Planet | Moons | Ring |\n|---|---|---|\n| Earth | few | no |\n| Mars | few | no |\n| Saturn | many | yes "
        "|\n\nNote: Saturn has far more than those.",
        (
            (
                "| Planet | Moons | Ring |\n|---|---|---|\n| Mars | 2 | no |\n| Saturn | 146 | yes |\n| Earth | 1 | "
                "no |\n\nI hope that helps!"
            ),
        ),
    ),
    "follow-system": Sheet(
        "In London entstanden über die Jahrhunderte viele Brücken über die Themse: erst aus Holz, dann aus Stein, "
        "schließlich aus Eisen und Stahl.",
        ("The first London Bridge was built by the Romans about 50 AD; the stone one followed in 1209.",),
    ),
    "follow-sort": Sheet(
        wrong=(
            "drahcro-elbram-teksab-nretnal",
            "basket-lantern-marble-orchard",
            "reppoc-nretnal-elbram-teksab",
        ),
    ),
    "follow-letter": Sheet(
        "Dear Ms Lund, my garden has grown over my head this summer, and I thought of you. Could I borrow your long "
        "shears for an afternoon, so that the hedge between your garden and the lane looks tidy again before the "
        "street party?\n\nIn return I bring you two baskets of plums and a jar of the jam that you liked last year. "
        "I can also water your garden while you are away. I will knock at ten, so see you on Sunday.",
        ("Dear Ms Lund, could you please lend me your shears! My garden needs it. See you on Sunday!",),
    ),
    # ── translation ──
    "translate-dog": Sheet(
        "The dog is sleeping in the garden.",
        ("The cat is in the house.",),
    ),
    "translate-thanks": Sheet(
        "Merci beaucoup, à demain.",
        (
            "Bonjour, comment allez-vous ?",
            "Merci, au revoir.",
        ),
    ),
    "translate-tren": Sheet(
        "The train leaves at half past seven in the morning, but today it is running late.",
        ("The train arrives at seven and is on time.",),
    ),
    "translate-recipe": Sheet(
        "2 onions\n300 g of chickpeas\n1 teaspoon of salt",
        ("Ingredients: two onions, 300 g of beans and a spoonful of salt.",),
    ),
    "translate-ame": Sheet(
        "Since it rained yesterday, I did not go to the park but stayed at home and read a book.",
        ("Tomorrow it will rain, so I will buy a book.",),
    ),
    "translate-lettre": Sheet(
        "Nous regrettons que votre colis ne soit pas encore arrivé. Nous vous en ferons parvenir un nouveau cette "
        "semaine, sans frais.",
        (
            "Salut, on est désolés que ton colis ne soit pas arrivé. On te le renvoie cette semaine.",
            "We regret that your parcel has not arrived; a new one is on its way.",
        ),
    ),
    "translate-du-sie": Sheet(
        "Könnten Sie mir am Samstag bitte Ihr Fahrrad leihen? Ich bringe es Ihnen am Sonntag wieder.",
        ("Kannst du mir am Samstag bitte dein Fahrrad leihen? Ich bringe es dir am Sonntag wieder.",),
        "Kannst du mir am Samstag dein Fahrrad leihen? Ich bringe es dir am Sonntag wieder.",
    ),
    "translate-she": Sheet(
        "You have already been late for meetings three times. If this goes on, the manager will stop turning a blind "
        "eye to it.",
        ("You opened the meeting three times, and the manager will open one eye and close one eye.",),
    ),
    "translate-hund": Sheet(
        "The numbers add up, the people are hard-working, but nobody talks to each other. There lies the heart of "
        "the matter.",
        ("The numbers are right, the people work, but nobody speaks. That is where the dog is buried.",),
    ),
    "translate-idiom-fr": Sheet(
        "She stood me up last night, and to top it all off it was pouring.",
        ("She put a rabbit on me yesterday, and it was raining ropes.",),
    ),
    "translate-keigo": Sheet(
        "ご注文を承りました。誠にありがとうございます。ご用意ができ次第ご連絡いたしますので、少々お待ちください。",
        (
            "注文をもらった。できたらまた言うから、ちょっと待って。",
            "We have received your order. Please wait.",
        ),
    ),
    "translate-legal": Sheet(
        "Jede Partei kann diese Vereinbarung mit einer Frist von drei Monaten zum Ende eines Kalenderjahres "
        "kündigen. Das Recht zur Kündigung aus wichtigem Grund bleibt unberührt.",
        ("Beide Seiten dürfen den Vertrag aus gutem Grund nach einiger Zeit beenden.",),
    ),
}
