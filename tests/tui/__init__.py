"""The screen: pure texts and pages driven by keys. Textual takes a program for idle after 20 ms in which it hardly
computed; 4 ms tell as much, and that is most of what such a test waits for. It parses all styles anew for each program;
here those of one set of colours are parsed once, which is a sixth of a start. Screens are drawn as in a terminal with
all colours, wherever tests run."""

import os
from typing import Any

import textual._wait
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

os.environ["COLORTERM"] = "truecolor"

textual._wait.SLEEP_GRANULARITY = 1 / 250
textual._wait.SLEEP_IDLE = textual._wait.SLEEP_GRANULARITY / 20.0

parse = Stylesheet._parse_rules
parsed: dict[tuple[Any, ...], list[RuleSet]] = {}


def parse_once(sheet: Stylesheet, css: str, **more: Any) -> list[RuleSet]:
    key = (css, *more.items(), *sheet._variables.items())
    if key not in parsed:
        parsed[key] = parse(sheet, css, **more)
    return parsed[key]


Stylesheet._parse_rules = parse_once  # type: ignore[assignment,method-assign]
