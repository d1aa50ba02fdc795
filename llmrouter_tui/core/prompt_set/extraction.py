"""Picking out facts: a number in a note, classes, JSON from letters, minutes in which the last word counts."""

from llmrouter_tui.core.prompts import Exact, Json, Number, Prompt, Rubric, Terms
from llmrouter_tui.core.shapes import Each, Holds, fields, is_

PROMPTS = (
    Prompt(
        "extract-phone",
        "extraction",
        0.1,
        (
            (
                "Note: Met Mrs Okafor at the fair, booth 12. She builds kites. Wants our price list by 4 May. Phone "
                "0317 55 82 90, mornings only.\n\nWhat is the phone number? Only the number."
            ),
        ),
        Exact(("0317 55 82 90", "0317558290", "0317-55-82-90")),
        60,
        quick=True,
    ),
    Prompt(
        "extract-mood",
        "extraction",
        0.15,
        (
            (
                'Is this review positive or negative? One word.\n\n"The room was cold, the coffee colder, and '
                'at the desk nobody looked up. Three nights were two too many."'
            ),
        ),
        Exact(("negative",), ("positive",)),
        60,
    ),
    Prompt(
        "extract-names",
        "extraction",
        0.3,
        (
            (
                "Give me the first names of all people in this text as a JSON list of strings, in the order in "
                "which they first appear, without anything else.\n\nWhen Halina came home, Petros had already fed "
                "the dog, Bruno. Later Mei called and asked Petros about the car.\n\n(Bruno is the dog and does "
                "not count.)"
            ),
        ),
        Json(Each((is_("Halina"), is_("Petros"), is_("Mei")))),
        120,
    ),
    Prompt(
        "extract-invoice",
        "extraction",
        0.42,
        (
            (
                "Read this letter and answer with a JSON object with the fields number (string), total (number, in "
                "euros), due (date as YYYY-MM-DD) and paid (true or false).\n\nDear customer, thank you for your "
                "order. Our invoice R-2093 of 3 March 2025 comes to 1.184,50 € and is payable within fourteen days "
                "of that date. So far we have seen no payment. Kind regards, Holzhandel Brandt"
            ),
        ),
        Json(fields(number=is_("R-2093"), total=is_(1184.5), due=is_("2025-03-17"), paid=is_(False))),
        200,
        quick=True,
        json_mode=True,
    ),
    Prompt(
        "extract-recette",
        "extraction",
        0.44,
        (
            (
                "Lis cette recette et réponds par un objet JSON avec les champs personnes (nombre), minutes "
                "(nombre, cuisson seulement) et ingredients (liste des noms au singulier ou au pluriel, dans "
                "l'ordre du texte, sans quantités).\n\nPour quatre personnes : faites fondre 80 g de beurre, "
                "ajoutez deux oignons et 500 g de potiron. Préparation vingt minutes, cuisson trois quarts d'heure."
            ),
        ),
        Json(
            fields(
                personnes=is_(4),
                minutes=is_(45),
                ingredients=Each((Holds(("beurre",)), Holds(("oignon",)), Holds(("potiron",)))),
            )
        ),
        200,
        language="fr",
    ),
    Prompt(
        "extract-tickets",
        "extraction",
        0.48,
        (
            (
                "Sort each of these messages into one of the classes billing, bug, wish. Answer with a JSON object "
                "from the number of the message to its class.\n\n1: Since the update the list jumps to the top "
                "whenever I tick something.\n2: You took the yearly fee twice, once in May and once in June.\n3: "
                "It would help me a lot to see the list in the dark.\n4: I pay for the family plan, yet my son is "
                "told that his plan has ended, and your invoice shows the family plan.\n5: Could tapping twice "
                "mean done?"
            ),
        ),
        Json(
            fields(
                **{"1": is_("bug"), "2": is_("billing"), "3": is_("wish"), "4": is_("bug", "billing"), "5": is_("wish")}
            )
        ),
        200,
        json_mode=True,
    ),
    Prompt(
        "extract-hours",
        "extraction",
        0.52,
        (
            (
                "Opening hours of the town library: Monday closed. Tuesday and Thursday 10 to 18. Wednesday 14 to "
                "20. Friday 10 to 14. Saturday 9 to 13, except on the first Saturday of a month, when it stays "
                "closed. How many hours is it open in a week that contains no first Saturday? Just the number."
            ),
            (
                "And how many hours in a week that contains the first Saturday, if Thursday is a holiday on "
                "which it is closed as well? Just the number."
            ),
        ),
        Number(18),
        250,
    ),
    Prompt(
        "extract-ferry",
        "extraction",
        0.55,
        (
            (
                "Sum up this report for somebody who wants to cross tomorrow, in at most 35 words.\n\nThe harbour "
                "office says that the storm which tore two mooring lines on Sunday has passed. The north ramp was "
                "inspected on Monday; a weld has cracked, and a part has been ordered from the mainland. Until it "
                "comes, which the office expects on Thursday, lorries and buses cannot board. Cars and foot "
                "passengers use the south ramp. The seven o'clock ferry does not run, because the south ramp is "
                "dry at low tide; all others keep to the timetable. The café on board has new owners."
            ),
        ),
        Rubric(
            "Holds what matters for crossing tomorrow: cars and foot passengers can cross (south ramp); "
            "lorries and buses cannot until about Thursday; the seven o'clock ferry is cancelled; the rest "
            "runs. Leaves out the storm, the weld and the café. Invents nothing. At most 35 words.",
            "Cars and foot passengers board by the south ramp. Lorries and buses cannot board until probably "
            "Thursday. The seven o'clock ferry is cancelled; all others run on time.",
        ),
        150,
    ),
    Prompt(
        "extract-minutes",
        "extraction",
        0.66,
        (
            (
                "From these minutes make a JSON object with the fields chair, date (YYYY-MM-DD), budget (number, "
                "euros) and tasks: a list of objects with the fields who and what (one word each; what is the "
                "thing that is to be got). Later statements correct earlier ones. What the minutes do not tell is "
                "null.\n\nMeeting of the choir, Dana in the chair. Ines will get the chairs, Rob the lamps. The "
                "concert is on Saturday, 14 June 2025. Rob says he is away that week, so Ines takes over the lamps "
                "and Rob gets the chairs before he leaves. The treasurer offers 600 euros; after some talk she "
                "adds a quarter of that. Milo asks who gets the flowers; nobody wants to. The hall is not free on "
                "Saturday, so everything moves to the day after."
            ),
        ),
        Json(
            fields(
                chair=is_("Dana"),
                date=is_("2025-06-15"),
                budget=is_(750),
                tasks=Each(
                    (
                        fields(who=is_("Ines"), what=Holds(("lamp",))),
                        fields(who=is_("Rob"), what=Holds(("chair",))),
                        fields(who=is_(None), what=Holds(("flower",))),
                    ),
                    ordered=False,
                ),
            )
        ),
        350,
        json_mode=True,
    ),
    Prompt(
        "extract-log",
        "extraction",
        0.74,
        (
            (
                "These lines are from the log of a pump. A pump is running from a START to the next STOP or FAIL "
                "of the same pump. Answer with a JSON object with the fields minutes (object from pump to the "
                "whole minutes that it ran), failed (list of the pumps that failed, in order) and longest (pump "
                "with the longest single run).\n\n08:10 A START\n08:25 B START\n08:40 A STOP\n08:41 C START\n08:55 "
                "C FAIL\n09:05 A START\n09:10 C START\n09:20 B STOP\n09:50 A FAIL\n09:52 C STOP\n09:55 B START\n"
                "10:00 B STOP"
            ),
        ),
        Json(
            fields(minutes=fields(A=is_(75), B=is_(60), C=is_(56)), failed=Each((is_("C"), is_("A"))), longest=is_("B"))
        ),
        600,
        json_mode=True,
    ),
    Prompt(
        "extract-family",
        "extraction",
        0.7,
        (
            (
                "Who is the grandmother of Lotte on her mother's side? Answer with the name only.\n\nAgnes and "
                "Henrik had three children: Paul, Rosa and Vilma. Paul married Edda, whose parents were Klara and "
                "Sten, and had the twins Lotte and Lars. Rosa stayed single. Vilma's daughter Lotta was named "
                "after her cousin's grandmother's sister, Liselotte."
            ),
        ),
        Exact(("Klara",), ("Agnes", "Edda", "Rosa", "Vilma", "Liselotte")),
        250,
    ),
    Prompt(
        "extract-rates",
        "extraction",
        0.62,
        (
            (
                "Which rooms can a guest with a dog book for under 90 euros a night in July? Answer with the room "
                "names only, separated by commas.\n\nRoom list. Prices per night in euros, low season / high "
                "season (June to August). Dogs cost 12 more per night where they are allowed.\nAlder: 70 / 85, "
                "dogs allowed.\nBirch: 60 / 75, dogs allowed.\nCedar: 55 / 65, no dogs.\nElm: 80 / 95, dogs "
                "allowed, dogs free of charge.\nFir: 62 / 77, dogs allowed, but not in July and August.\nHazel: 64 "
                "/ 77, dogs allowed."
            ),
        ),
        Terms((("Birch",), ("Hazel",)), ("Alder", "Cedar", "Elm", "Fir"), most_words=12),
        300,
    ),
)
