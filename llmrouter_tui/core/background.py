"""Recognising the housekeeping of chat clients: requests for titles, tags, follow-up questions, completions, queries.

They come after every answer, need no talent and should never wake a large model. Rules are general: a client's own
task marker or a generator's role, or words about *the conversation* together with a demand for something short. A
person who asks for a title of a blog post says nothing of a conversation, and a marked task that answers the user
(retrieval templates use the same marker) is none of it.
"""

import re

READ = 900
"""Characters looked at."""
_GATE = ("conversation", "chat", "dialog", "thread", "discussion", "message", "task:", "generator", "title gen")
"""One of these is in every such request; most prompts hold none and are done here."""

_MARKER = re.compile(r"\s*#{1,4}\s*task\s*:", re.I)
_MARKED = re.compile(
    r"\btitles?\b|\btags?\b|follow-?up|autocompl|auto-complet|completion system|search quer|\bemoji\b|retrieval quer",
    re.I,
)
_ANSWERS = re.compile(r"respond to the user|answer the (?:user|question|query)", re.I)
_ROLE = re.compile(
    r"you are (?:a|an) (?:\w+ )?(?:title|tag|name|topic) generator|title generation (?:assistant|ai)", re.I
)
_THIS = (
    r"\b(?:this|the|our|user'?s)\s(?:[\w-]+\s){0,2}(?:conversation|chat|dialog(?:ue)?|thread|discussion|messages?)\b"
    r"(?!\s(?:apps?|bots?|systems?|rooms?|servers?|groups?|ui|between|about)\b)"
)
"""The conversation at hand; not chat apps, nor the dialogue between Romeo and Juliet."""
_OBJECT = re.compile(
    r"\b(?:titles?|names?|tags?|topics?|follow-?up (?:questions?|prompts?)|headline|summary|summari[sz]e|"
    rf"suggest\w* questions)\b[^.\n]{{0,80}}?{_THIS}|{_THIS}[^.\n]{{0,60}}?\b(?:titles?|names?|tags?|follow-?up)\b",
    re.I,
)
_OBJECTS = ("tle", "name", "tag", "top", "follow", "headl", "ummar", "ugge")
"""One of these is in whatever ``_OBJECT`` finds. (No i, k or s: other letters count as those where case does not.)"""
_SHORT = re.compile(
    r"\b(?:concise|short|brief|under|at most|no more than|within|max(?:imum)?|only|fewer|less than)\b|"
    r"\b\d{1,2}(?:\s*[-–]\s*\d{1,2})?[- ](?:words?|characters?)|-word|json",
    re.I,
)


def is_background(head: str) -> bool:
    """Whether a turn (or a system prompt), cut to ``READ``, is a client's own housekeeping."""
    lowered = head.lower()
    for word in _GATE:
        if word in lowered:
            return _asks(head, lowered)
    return False


def _asks(head: str, lowered: str) -> bool:
    """The rules themselves; each costly pattern behind a few letters that are in all it finds."""
    if _MARKER.match(head):
        return _MARKED.search(head) is not None and _ANSWERS.search(head) is None
    if "generat" in lowered and _ROLE.search(head):
        return True
    if not any(part in lowered for part in _OBJECTS):
        return False
    found = _OBJECT.search(head)
    return found is not None and found.start() < 400 and _SHORT.search(head) is not None
