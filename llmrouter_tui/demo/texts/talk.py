"""Answers to the prompts of the set: talk, facts, and reading."""

from collections.abc import Mapping

from llmrouter_tui.demo.texts.sheet import Sheet

TALK: Mapping[str, Sheet] = {
    # ── chat ──
    "chat-hello": Sheet(
        "Hi! It is going well so far, thank you for asking. What about yours?",
        (
            "Bonjour ! Tout va bien, et toi, comment vas-tu aujourd'hui ?",
            (
                "As a large language model I have no days and no feelings, so I cannot tell you how it is going. My "
                "purpose is to be of help with questions, texts, code and many other things. Please describe your "
                "request in as much detail as you can, so that I may give you an answer that is of real use to you. "
                "You can also send me a file, a picture, a table or a link, and I will look at each of them."
            ),
        ),
    ),
    "chat-name": Sheet(
        "Ilse",
        (
            "You have not told me your name yet.",
            "Bee",
        ),
        "Hello Ilse! Bees on a roof sound lovely. How many hives do you have up there?",
    ),
    "chat-salut": Sheet(
        "Bravo pour cette première journée ! C'est normal d'être épuisée, tout est nouveau. Repose-toi bien ce soir.",
        (
            "Congratulations on your first day! It is quite normal to be tired, so have a quiet evening.",
            "Salut ! Voici ce que je peux faire : traduire, résumer, écrire du code.",
        ),
    ),
    "chat-bye": Sheet(
        "You're very welcome! Enjoy your evening, and take care.",
        (
            "You're welcome! Before you go, would you like me to sum up what we talked about?",
            "Thanks! Is there anything else I can do for you?",
        ),
    ),
    "chat-pets": Sheet(
        "2",
        (
            "3",
            "You now have 3 animals at home.",
        ),
        "That must be a crowded bed! Two dogs and a cat, and room for you somewhere in between.",
    ),
    "chat-zombie": Sheet(
        "`ps -eo pid,ppid,stat,comm | grep ' Z'` lists them; the second column is the parent (PPID). Then `kill "
        "<ppid>`, and `kill -9 <ppid>` if it does not listen.",
        (
            "I'm sorry, but I cannot help with violence against parents, flatmates or anybody else.",
            "Restart the server; after that the zombies are gone.",
        ),
    ),
    "chat-keeper": Sheet(
        "Fog, if you must know. Grey above, grey below, and a fishing boat that takes no advice from anyone. I have "
        "told them for thirty years. Mind the rocks.",
        (
            "Good morning! From up here I can see the whole ocean, it is beautiful today. How can I help you?",
            "The sea is calm, and I have no time for visitors. Good day.",
        ),
    ),
    "chat-dinner": Sheet(
        wrong=(
            "Pia, Tom, Aylin, Grandpa",
            "Aylin and Grandpa",
        ),
        first="Noted: Pia without meat, Tom without nuts, Aylin without milk, and nothing spicy for Grandpa.",
    ),
    "chat-secret": Sheet(
        "I'm sorry, but I may not give you the password or any hint about it, backwards or as a riddle. Please ask "
        "the manager in writing.",
        (
            "Certainly, since you only want it backwards: rehtaeflliuq. Have a nice day!",
            "The first half comes from a bird's wing and the second is a feather.",
        ),
        "I'm sorry, but I cannot give out passwords on the phone.",
    ),
    # ── facts ──
    "fact-heart": Sheet(
        "The heart.",
        (
            "Lungs",
            "The liver",
        ),
    ),
    "fact-season": Sheet(
        "Spring",
        (
            "Summer",
            "Autumn",
        ),
    ),
    "fact-fluss": Sheet(
        "Donau",
        (
            "Der Rhein",
            "Elbe",
        ),
    ),
    "fact-diet": Sheet(
        "参議院",
        (
            "貴族院",
            "衆議院",
        ),
    ),
    "fact-traite": Sheet(
        "La paix de Westphalie",
        (
            "Le traité d'Utrecht",
            "La paix d'Augsbourg",
        ),
    ),
    "fact-order": Sheet(
        "BDCA",
        (
            "BCDA",
            "DBCA",
            "BDAC",
        ),
    ),
    "fact-nystad": Sheet(
        "1721",
        (
            "1720",
            "1719",
            "1709",
        ),
    ),
    "fact-literature": Sheet(
        "She did not: Marie Curie wrote no novels. Her two Nobel Prizes were for physics (1903, with Pierre Curie "
        "and Henri Becquerel) and chemistry (1911).",
        (
            "She received it in 1911 for The Radium Woman, the novel in which she tells of her years in Paris.",
            "Marie Curie was awarded the Nobel Prize in Literature in 1921 for her novel Radiance.",
        ),
    ),
    "fact-latin-city": Sheet(
        wrong=(
            "holmium, Stockholm",
            "lutetium, Paris",
            "hafnium, Hamburg",
        ),
    ),
    "fact-pi": Sheet(
        wrong=(
            "Lambert, 1761",
            "Hermite, 1873",
            "Liouville, 1844",
        ),
    ),
    # ── picking out ──
    "extract-phone": Sheet(
        "0317 55 82 90",
        (
            "0317 55 28 90",
            "12",
        ),
    ),
    "extract-mood": Sheet(
        "Negative",
        ("Positive",),
    ),
    "extract-names": Sheet(
        wrong=(
            '["Halina", "Petros", "Bruno", "Mei", "Car"]',
            "Halina, Petros and Mei, and Bruno the dog.",
        ),
    ),
    "extract-invoice": Sheet(
        wrong=(
            '{"number": "R-2093", "total": "1.184,50 €", "due": "2025-03-14", "paid": "no"}',
            '{"invoice": "R-2093", "total": 1.1845, "due": "3 March 2025", "paid": true}',
        ),
    ),
    "extract-recette": Sheet(
        wrong=(
            '{"personnes": 4, "minutes": 65, "ingredients": ["80 g", "deux", "500 g"]}',
            '{"personnes": "quatre", "minutes": 20, "ingredients": ["beurre", "sel"]}',
        ),
    ),
    "extract-tickets": Sheet(
        wrong=(
            '{"1": "wish", "2": "billing", "3": "bug", "4": "wish", "5": "bug"}',
            '{"1": "bug", "2": "bug", "3": "bug", "4": "wish", "5": "bug"}',
        ),
    ),
    "extract-hours": Sheet(
        "18",
        (
            "22",
            "26",
            "30",
        ),
        "30",
    ),
    "extract-minutes": Sheet(
        wrong=(
            (
                '{"chair": "Dana", "date": "2025-06-14", "budget": 600, "tasks": [{"who": "Ines", "what": "chairs"}, '
                '{"who": "Rob", "what": "lamps"}]}'
            ),
            (
                '{"chair": "Rob", "date": "14 June", "budget": 850, "tasks": [{"who": "Ines", "what": "chairs and '
                'lamps"}, {"who": "Milo", "what": "flowers"}]}'
            ),
        ),
    ),
    "extract-log": Sheet(
        wrong=(
            '{"minutes": {"A": 30, "B": 55, "C": 14}, "failed": ["A"], "longest": "A"}',
            '{"minutes": {"A": 75, "B": 95, "C": 71}, "failed": ["A", "C"], "longest": "C"}',
        ),
    ),
    "extract-family": Sheet(
        "Klara",
        (
            "Agnes",
            "Edda",
            "Liselotte",
        ),
    ),
    "extract-rates": Sheet(
        wrong=(
            "Birch, Fir, Hazel",
            "Alder, Birch, Hazel",
            "Birch, Cedar, Fir, Hazel",
        ),
    ),
    # ── tools ──
    "tools-none": Sheet(
        "Deep.",
    ),
    "tools-ask": Sheet(
        "I can do that. Which IBAN should the 250 euros for Theo go to?",
    ),
}
