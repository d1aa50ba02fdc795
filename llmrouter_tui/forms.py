"""What a screen and a script need to offer each setting: made from the settings' own checks."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from llmrouter_tui.core.forms import Form, FormKind
from llmrouter_tui.settings import KEYS, WORDS_FOR_NONE, Key, Settings
from llmrouter_tui.values import BadValueError

_OWN: Final[Mapping[str, FormKind]] = {
    "rules": "rules",
    "named_keys": "keys",
    "backends": "backends",
    "keys": "table",
}
GROUPS: Final[Mapping[str, str]] = {
    "host": "Serving",
    "api_keys": "Keys",
    "rate_limit_rpm": "Limits",
    "database": "History",
    "quality_preference": "Choosing",
    "local_only": "Outside",
    "load_timeout_seconds": "Waiting",
    "interrupted": "Answers",
    "vram_max_gb": "Memory",
    "queue_limit": "Queue",
    "embedded": "Engine",
    "profile_max_age_days": "Measuring",
    "sync": "Figures",
    "judge_enabled": "Judge",
    "theme": "Screen",
    "named_keys": "Clients",
    "backends": "Backends",
}
"""The first setting of each group."""
_SCREEN: Final = "it is of one screen, not of the router: an option, the environment or the file says it there"
FIXED: Final[Mapping[str, str]] = {
    "database": "it would have to be read before the database is found: --db, or the file, name it",
    "keys": "bindings belong in the file, under [keys]",
    "theme": _SCREEN,
    "symbols": _SCREEN,
    "calm": _SCREEN,
    "named_keys": "keys are made and revoked one by one",
    "backends": "backends are added and removed one by one",
}
"""What cannot be set while the router runs, and why."""
_SECRET: Final = "the database would keep it as it is: set it in the environment or in the file"


@lru_cache(maxsize=4)
def forms(live: Collection[str]) -> Mapping[str, Form]:
    """Of every setting; those in ``live`` change at once."""
    defaults, made, group = Settings(), {}, ""
    for name, key in KEYS.items():
        group, default = GROUPS.get(name, group), getattr(defaults, name)
        made[name] = Form(
            doc=key.doc,
            kind=_kind(name, key, default),
            must=must(key),
            choices=key.choices or (("true", "false") if isinstance(default, bool) else ()),
            nothing=str(WORDS_FOR_NONE.get(name, "")),
            live=name in live,
            group=group,
            fixed=_SECRET if key.secret else FIXED.get(name, ""),
        )
    return MappingProxyType(made)


def must(key: Key) -> str:
    """What a value must be, in the words with which its check refuses what is no value of any setting."""
    try:
        key.check(object())
    except BadValueError as refused:
        return refused.must
    raise AssertionError(f"{key.doc!r} takes anything")


def _kind(name: str, key: Key, default: object) -> FormKind:
    if key.secret:
        return "secret"
    if name in _OWN:
        return _OWN[name]
    if key.choices:
        return "choice"
    if isinstance(default, bool):
        return "switch"
    if isinstance(default, int | float) or WORDS_FOR_NONE.get(name) == 0:
        return "number"
    return "list" if isinstance(default, tuple) else "text"
