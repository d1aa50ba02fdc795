"""Comparisons as text: the pairs as a list, and one pair task by task and prompt by prompt, in both orders. Pure."""

from collections.abc import Callable, Sequence

from llmrouter_tui.core.grades import Comparison, Preferred, moved
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import text
from llmrouter_tui.tui.grades_text import WHY
from llmrouter_tui.tui.pairs import Pair, preferred
from llmrouter_tui.tui.prose import soft
from llmrouter_tui.tui.text import Line, Look

Name = Callable[[str], str]
COUNT, PROMPT, ORDER, TASK = 6, 20, 9, 12
NOTHING = (
    "Nothing was compared yet. Answers of two models to the same open prompts are put to the judge side by side, in "
    "both orders."
)
HOW = (
    "A and B: whom the judge preferred with A's answer shown first, then with B's. What does not survive the swap is a "
    "tie."
)


# ── the list ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _name_cells(cells: int) -> int:
    return max(8, min(22, (cells - 3 * COUNT - 14) // 2))


def head(cells: int) -> Line:
    """Titles of the list of pairs."""
    size = _name_cells(cells)
    titles = f"{text.left('  A', size + 2)}{text.right('WON', COUNT)}  {text.left('B', size)}{text.right('WON', COUNT)}"
    return ((text.clip(f"{titles}{text.right('TIES', COUNT)}  WHEN", cells), "head"),)


def row(pair: Pair, now: float, cells: int, look: Look, name: Name, *, pending: bool) -> Line:
    """``qwen3:32b 7  llama3.1:8b 2  3 ties``"""
    size, dots = _name_cells(cells), look.symbols.ellipsis
    won, lost = pair.wins(pair.first), pair.wins(pair.second)
    when = f"{text.ago(now - pair.found[0].at)} ago" if pair.found else ""
    going = f"{look.symbols.run} now" if pending else ""
    line: Line = (
        (f"  {text.left(fmt.short_model(name(pair.first), size, dots), size)}", "strong" if won > lost else ""),
        (text.right(str(won), COUNT), "strong" if won > lost else ""),
        (f"  {text.left(fmt.short_model(name(pair.second), size, dots), size)}", ""),
        (text.right(str(lost), COUNT), ""),
        (text.right(str(pair.ties()), COUNT), "soft"),
        (f"  {'  '.join(filter(None, (when, going)))}", "run" if going else "dim"),
    )
    return text.clip_line(line, cells, dots)


# ── one pair ──────────────────────────────────────────────────────────────────────────────────────────────────────


def whole(pair: Pair | None, cells: int, look: Look, name: Name) -> list[Line]:
    """How often who was preferred, per task, then each prompt with both verdicts and the judge's reason."""
    if pair is None:
        return soft(NOTHING, cells)
    if not pair.found:
        return soft("They are compared; what comes of it is told here.", cells)
    lines: list[Line] = [*_tasks(pair, cells, look, name), (), *soft(HOW, cells), ()]
    lines.append(((_titles(cells), "head"),))
    for one in pair.found:
        lines += _verdict(one, pair, cells, look, name)
    return lines


def _titles(cells: int) -> str:
    return text.clip(f"{text.left('PROMPT', PROMPT)}{text.left('TASK', TASK)}{text.left('A', 5)}{text.left('B', 5)}"
                     "PREFERRED", cells)  # fmt: skip


def _tasks(pair: Pair, cells: int, look: Look, name: Name) -> list[Line]:
    size = max(8, min(20, (cells - TASK - COUNT) // 2))
    titles = [fmt.short_model(f"{letter} {name(model)}", size - 1, look.symbols.ellipsis)
              for letter, model in (("A", pair.first), ("B", pair.second))]  # fmt: skip
    start = text.left("TASK", TASK) + "".join(text.right(title, size) for title in titles)
    lines: list[Line] = [((start + text.right("TIES", COUNT), "head"),)]
    for task in (*pair.tasks, ""):
        counts = [pair.wins(pair.first, task), pair.wins(pair.second, task)]
        line: Line = (
            (text.left(task or "all", TASK), "strong" if not task else ""),
            *((text.right(str(count), size), "strong" if count == max(counts) and counts[0] != counts[1] else "")
              for count in counts),
            (text.right(str(pair.ties(task)), COUNT), "soft"),
        )  # fmt: skip
        lines.append(text.clip_line(line, cells, look.symbols.ellipsis))
    notes = [f"{pair.swayed} of the ties only because the order decided"] if pair.swayed else []
    notes += [f"{pair.failed} came to no verdict"] if pair.failed else []
    return [*lines, *(soft(f"{', '.join(notes)}.", cells) if notes else [])]


def _verdict(one: Comparison, pair: Pair, cells: int, look: Look, name: Name) -> list[Line]:
    """``creative-letter  creative  A  A  qwen3:32b``, and the reason below."""
    letters = [_letter(said, one, pair) for said in _orders(one, pair)]
    role = "warn" if one.swayed else "bad" if one.preferred is None else "strong" if preferred(one) else "soft"
    line: Line = (
        (text.left(one.prompt, PROMPT, look.symbols.ellipsis), ""),
        (text.left(one.task, TASK), "soft"),
        (f"{text.left(letters[0], 5)}{text.left(letters[1], 5)}", ""),
        (_outcome(one, name), role),
    )
    why = WHY.get(one.code, one.code.replace("_", " ")) if one.code else ""
    said = ": ".join(filter(None, (why, text.tame(one.reason))))
    told: list[Line] = [(("  ", ""), (part, "soft")) for part in text.wrap(said, max(8, cells - 2))] if said else []
    return [text.clip_line(line, cells, look.symbols.ellipsis), *told[:3]]


def _orders(one: Comparison, pair: Pair) -> tuple[Preferred | None, Preferred | None]:
    """The verdicts with A's answer first and with B's."""
    return (one.forward, one.swapped) if one.first == pair.first else (one.swapped, one.forward)


def _letter(said: Preferred | None, one: Comparison, pair: Pair) -> str:
    if said is None or said == "tie":
        return "?" if said is None else "tie"
    return "A" if (one.first if said == "first" else one.second) == pair.first else "B"


def _outcome(one: Comparison, name: Name) -> str:
    if one.preferred is None:
        return "no verdict"
    if one.swayed:
        return "a tie: the order decided"
    return name(preferred(one)) if preferred(one) else "a tie"


# ── in few words ──────────────────────────────────────────────────────────────────────────────────────────────────


def brief(found: Sequence[Pair], cells: int, look: Look, name: Name, most: int = 4) -> list[Line]:
    """The pairs compared last, a line each, for beside the grades."""
    if not found:
        return []
    lines: list[Line] = [(("COMPARED", "head"), ("  C shows all", "soft"))]
    for pair in found[:most]:
        size = max(8, (cells - 18) // 2)
        first, second = (
            fmt.short_model(name(model), size, look.symbols.ellipsis) for model in (pair.first, pair.second)
        )
        line: Line = (
            (first, "strong"),
            (f" {pair.wins(pair.first)} : {pair.wins(pair.second)} ", "strong"),
            (second, ""),
            (f"  {pair.ties()} tie{'' if pair.ties() == 1 else 's'}", "soft"),
        )
        lines.append(text.clip_line(line, cells, look.symbols.ellipsis))
    return lines


def summary(found: Sequence[Comparison], look: Look, name: Name) -> str:
    """What came of it, for the corner: ``qwen3:32b 7 : 2 llama3.1:8b, 3 ties; qwen3:32b creative .70 → .71``."""
    if not found:
        return "Nothing was compared."
    pair = Pair(found[0].first, found[0].second, tuple(found))
    wins = f"{name(pair.first)} {pair.wins(pair.first)} : {pair.wins(pair.second)} {name(pair.second)}"
    failed = f", {pair.failed} without a verdict" if pair.failed else ""
    effects = ", ".join(fmt.effect_text(effect, name, look) for effect in moved(found)) or "no ability moved"
    return f"{wins}, {pair.ties()} tie{'' if pair.ties() == 1 else 's'}{failed}; {effects}"
