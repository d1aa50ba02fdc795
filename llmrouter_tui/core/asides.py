"""What a coding agent tells its model beside the user's words, in the same message: reminders, the folder it works in,
house rules. It says nothing of what is asked."""

from typing import Final

ASIDES: Final = ("system-reminder", "environment_context", "user_instructions")
"""The elements that agents put such words into: Claude Code the first, Codex the others."""


def said_by_user(text: str) -> str:
    """What is left of a turn without asides; empty where there is nothing else. An element that does not end stays."""
    if "</" in text:
        for tag in ASIDES:
            text = _without(text, f"<{tag}>", f"</{tag}>")
    return text


def _without(text: str, begin: str, end: str) -> str:
    """The text without the parts between such marks. Each search begins where the last one ended."""
    parts, at = list[str](), 0
    while (start := text.find(begin, at)) >= 0 and (stop := text.find(end, start)) >= 0:
        parts.append(text[at:start])
        at = stop + len(end)
    return "".join([*parts, text[at:]]).strip() if at else text
