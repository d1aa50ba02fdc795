"""All prepared answers, and what is said where none fits."""

from llmrouter_tui.demo.texts.code import CODE
from llmrouter_tui.demo.texts.entry import Entry, entry
from llmrouter_tui.demo.texts.hard import HARD
from llmrouter_tui.demo.texts.thought import THOUGHT
from llmrouter_tui.demo.texts.words import WORDS

ENTRIES: tuple[Entry, ...] = (*CODE, *THOUGHT, *WORDS, *HARD)

WEAK = entry(
    "begin come data down face file files first get hand index into job left list loop main model month move name nice "
    "numbers off one people please price print put range result run same save second see share short side small value "
    "something tell there today tomorrow two who works write wrong years explain search code error"
).cues
"""Cue words that many prompts hold: they count half."""

GENERIC: dict[str, Entry] = {
    "coding": entry(
        "",
        "I would split it into a part that decides and a part that does, so that the first can be tested without the "
        "second:",
        """
```python
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    name: str
    ready: bool


def plan(steps: list[Step]) -> list[str]:
    \"\"\"Names of what can run now, in order.\"\"\"
    return [step.name for step in steps if step.ready]


def run(steps: list[Step], act) -> int:
    \"\"\"Act on each; how many were done.\"\"\"
    names = plan(steps)
    for name in names:
        act(name)
    return len(names)
```
""",
        "For {topic} the rule that matters goes into `plan`; `run` stays as short as it is.",
        "Show me one input that goes wrong and what you expected instead, and I can make this concrete.",
    ),
    "math": entry(
        "",
        "First name what is asked: call the unknown x and write down each statement as an equation. Then solve the "
        "simplest of them for one quantity and put it into the others.",
        "For {topic} that leaves one equation with one unknown. Solve it, and put the result back into the original "
        "statement; if it does not fit there, an earlier step lost a case, often a sign or a division by zero.",
        "Units are the quickest check of all: if the left side is in hours, so must be the right.",
    ),
    "creative": entry(
        "",
        "Nobody in the street remembered when the shop had opened, only that it had always been about to close. On the "
        "day it really did, the owner put one last thing in the window.",
        "It was a small brass key with a paper tag, and on the tag, in a hand that shook a little, stood three words: "
        "*Yours, if needed.* By evening there was a queue.",
    ),
    "reasoning": entry(
        "",
        "It depends on one thing more than on all others: how hard it is to change your mind later. Where going back "
        "is cheap, take the simpler way and learn; where it is not, spend the time now.",
        "On {topic} I see three points for it and one against:\n\n1. it is less to build and to explain\n2. it fails "
        "in ways you can see\n3. you can measure it within a week\n\nAgainst it stands that it may have to be done "
        "again when you are ten times larger.",
        "So I would begin small, write down today which number would make you switch, and look at it in a month.",
    ),
    "chat": entry(
        "",
        "Short answer: yes, and it is easier than it looks.",
        "Start with the smallest version of {topic} that is of use to you, try it for a few days, and keep only what "
        "you miss when it is gone.",
        "If you tell me a little more about what you have already tried, I can be more exact.",
    ),
    "vision": entry(
        "",
        "The picture shows a small bar chart: five bars on a light ground. The third one, in orange, is clearly the "
        "tallest, about twice as high as the first; the last is the lowest.",
        "From left to right I would read roughly 30, 45, 62, 40 and 22, in whatever unit the axis has: it carries no "
        "labels, so take these as proportions.",
        "If this is to be printed, add the unit and a zero line. The bars do start at the bottom edge, so their "
        "heights can be compared.",
    ),
    "de": entry(
        "",
        "Kurz gesagt: ja, das geht, und meist einfacher, als es aussieht.",
        "Ich würde mit dem kleinsten Schritt anfangen, der schon etwas nützt, ihn ein paar Tage ausprobieren und nur "
        "behalten, was Ihnen fehlt, wenn es wieder weg ist.",
        "Wenn Sie mir sagen, was Sie schon versucht haben, kann ich genauer werden.",
    ),
    "fr": entry(
        "",
        "En bref : oui, et c'est plus simple qu'il n'y paraît.",
        "Commencez par la plus petite version utile, essayez-la quelques jours, et ne gardez que ce qui vous manque "
        "quand vous l'enlevez.",
    ),
    "es": entry(
        "",
        "En pocas palabras: sí, y es más fácil de lo que parece.",
        "Empieza por lo más pequeño que ya te sirva, pruébalo unos días y quédate solo con lo que eches de menos "
        "cuando falte.",
    ),
}
