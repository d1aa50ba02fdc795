"""What another preference would have chosen, as text: how many choices change, by task, from whom to whom. Pure."""

from collections import Counter
from collections.abc import Callable

from llmrouter_tui.core.whatif import Change, WhatIf
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import text
from llmrouter_tui.tui.text import Line, Look

Name = Callable[[str], str]
COUNT, GAIN, TIME = 6, 9, 9
STANDS = "Here it stands now. Move it, and see which of the last choices would change; nothing does until you apply it."


def summary(found: WhatIf | None, wanted: float, current: float, cells: int) -> list[Line]:
    """Where the preference would go, and what that means."""
    to, said = f"Quality {text.fraction(current)}", STANDS
    if round(wanted * 100) != round(current * 100):
        to, said = f"{to} to {text.fraction(wanted)}", _meaning(found)
    return [((to, "strong"),), *(((part, "soft"),) for part in text.wrap(said, cells))]


def _meaning(found: WhatIf | None) -> str:
    if found is None:
        return "asking the router"
    if not found.looked_at:
        return "No choice was made yet."
    looked = f"Of the last {text.count(found.looked_at)} choices"
    if not found.changed:
        return f"{looked} none would change."
    pace = "longer" if found.seconds >= 0 else "faster"
    gains = f"{text.signed(found.quality)} quality and {text.seconds(abs(found.seconds))} {pace}"
    return f"{looked} {text.count(found.changed)} would change, on average {gains}."


def changes(found: WhatIf, name: Name, cells: int, look: Look) -> list[Line]:
    """By task, and within it from which model to which, the most frequent first."""
    tasks: dict[str, list[Change]] = {}
    for change in found.changes:
        tasks.setdefault(change.task, []).append(change)
    if not tasks:
        return []
    room = cells - COUNT - GAIN - TIME
    head = text.left("WAS, WOULD BE", room) + text.right("CHOICES", COUNT + 1) + text.right("QUALITY", GAIN - 1)
    lines: list[Line] = [((head + text.right("TIME", TIME), "head"),)]
    for task, moved in sorted(tasks.items(), key=lambda item: -len(item[1])):
        lines.append(((text.left(task or "other", room), "strong"), (text.right(str(len(moved)), COUNT), "strong")))
        pairs = Counter((change.chosen, change.instead) for change in moved)
        for (was, would), count in pairs.most_common():
            same = [change for change in moved if (change.chosen, change.instead) == (was, would)]
            lines.append(_pair(was, would, same, count, name, room, look))
    return lines


def _pair(was: str, would: str, same: list[Change], count: int, name: Name, room: int, look: Look) -> Line:
    quality = sum(change.quality for change in same) / count
    seconds = sum(change.seconds for change in same) / count
    half = (room - 7) // 2
    names = [fmt.short_model(name(model), half, look.symbols.ellipsis) for model in (was, would)]
    time = f"{'+' if seconds >= 0 else '-'}{text.seconds(abs(seconds))}"
    return (
        (text.left(f"  {names[0]} {look.symbols.arrow} {names[1]}", room), ""),
        (text.right(str(count), COUNT), "soft"),
        (text.right(text.signed(quality), GAIN), "good" if quality > 0 else "soft"),
        (text.right(time, TIME), "soft"),
    )
