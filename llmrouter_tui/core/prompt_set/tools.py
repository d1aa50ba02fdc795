"""Tools: the right one, with the right arguments; several at once; and none where none helps."""

from llmrouter_tui.core.prompts import Call, Calls, Parameter, Prompt, Tool
from llmrouter_tui.core.shapes import Each, Holds, Value, is_

_WEATHER = Tool(
    "get_weather",
    "The weather forecast for one place on one day.",
    (
        Parameter("city", "string", "Name of the city, in English"),
        Parameter(
            "day", "string", "today or tomorrow; today if left out", required=False, one_of=("today", "tomorrow")
        ),
    ),
)
_TIMER = Tool(
    "set_timer",
    "Starts a kitchen timer that rings when the time is over.",
    (
        Parameter("minutes", "number", "Length in minutes"),
        Parameter("label", "string", "What the timer is for", required=False),
    ),
)
_LIGHT = Tool(
    "switch_light",
    "Switches the light of a room.",
    (
        Parameter("room", "string", "The room", one_of=("kitchen", "bedroom", "hall")),
        Parameter("on", "boolean", "true for on, false for off"),
        Parameter("brightness", "integer", "Brightness in percent, 1 to 100", required=False),
    ),
)
_MEETING = Tool(
    "create_meeting",
    "Enters a meeting in the calendar.",
    (
        Parameter("title", "string", "What it is about, in one or a few words"),
        Parameter("start", "string", "Beginning, as YYYY-MM-DDTHH:MM"),
        Parameter("minutes", "integer", "Length in minutes"),
        Parameter("guests", "array", "First names of the guests", items="string"),
    ),
)
_TRANSFER = Tool(
    "transfer_money",
    "Transfers money to an account. Cannot be undone.",
    (
        Parameter("iban", "string", "IBAN of the receiver"),
        Parameter("amount", "number", "Amount in euros"),
    ),
)
_ALL = (_WEATHER, _TIMER, _LIGHT, _MEETING)
_NEEDS = frozenset({"tools"})

PROMPTS = (
    Prompt(
        "tools-weather",
        "instruction",
        0.2,
        ("What will the weather be like in Lisbon tomorrow?",),
        Calls((Call("get_weather", (("city", Holds(("lisbon", "lisboa"))), ("day", is_("tomorrow")))),)),
        150,
        tools=(_WEATHER,),
        needs=_NEEDS,
    ),
    Prompt(
        "tools-pick",
        "instruction",
        0.34,
        ("The eggs are in the water now. Tell me when eight minutes are over.",),
        Calls((Call("set_timer", (("minutes", is_(8)),), (("label", Holds(("egg",))),)),)),
        150,
        tools=_ALL,
        needs=_NEEDS,
    ),
    Prompt(
        "tools-none",
        "instruction",
        0.45,
        ("What is the opposite of the word shallow? One word, please.",),
        Calls(says=(("deep",),)),
        150,
        tools=_ALL,
        needs=_NEEDS,
    ),
    Prompt(
        "tools-types",
        "instruction",
        0.48,
        (
            (
                "It is far too bright in the bedroom, but leave the light on. A third of a hundred percent is "
                "enough, rounded down."
            ),
        ),
        Calls((Call("switch_light", (("room", is_("bedroom")), ("on", is_(True)), ("brightness", is_(33)))),)),
        200,
        tools=_ALL,
        needs=_NEEDS,
    ),
    Prompt(
        "tools-two",
        "instruction",
        0.6,
        ("I am off to bed: switch off the lights in the kitchen and in the hall, both please.",),
        Calls(
            (
                Call("switch_light", (("room", is_("kitchen")), ("on", is_(False)))),
                Call("switch_light", (("room", is_("hall")), ("on", is_(False)))),
            )
        ),
        250,
        tools=_ALL,
        needs=_NEEDS,
    ),
    Prompt(
        "tools-meeting",
        "instruction",
        0.66,
        (
            (
                "Today is Thursday, 27 February 2025. Put the budget talk with Amira and Leon into my calendar, "
                "two days from now at a quarter past two in the afternoon, for an hour and a half."
            ),
        ),
        Calls(
            (
                Call(
                    "create_meeting",
                    (
                        ("title", Holds(("budget",))),
                        ("start", Value(("2025-03-01T14:15", "2025-03-01T14:15:00"))),
                        ("minutes", is_(90)),
                        ("guests", Each((is_("Amira"), is_("Leon")), ordered=False)),
                    ),
                ),
            )
        ),
        300,
        tools=_ALL,
        needs=_NEEDS,
    ),
    Prompt(
        "tools-ask",
        "instruction",
        0.72,
        ("Please transfer 250 euros to Theo, we had agreed on that.",),
        Calls(says=(("IBAN", "account"),)),
        250,
        tools=(_TRANSFER, _WEATHER),
        needs=_NEEDS,
    ),
    Prompt(
        "tools-mixed",
        "instruction",
        0.7,
        (
            (
                "Two things: let the timer for the bread run for three quarters of an hour, and tell me "
                "whether I need an umbrella in Vienna today."
            ),
        ),
        Calls(
            (
                Call("set_timer", (("minutes", is_(45)),), (("label", Holds(("bread",))),)),
                Call("get_weather", (("city", Holds(("vienna", "wien"))),), (("day", is_("today")),)),
            )
        ),
        250,
        tools=_ALL,
        needs=_NEEDS,
    ),
)
