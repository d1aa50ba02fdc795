"""What can be set: every key with its type, its bounds and its words. ``config`` says where values come from."""

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, get_args

import platformdirs

from llmrouter_tui.core.aliases import MOST as MOST_ALIASES
from llmrouter_tui.core.aliases import Alias, AliasError
from llmrouter_tui.core.aliases import parse as parse_alias
from llmrouter_tui.core.aliases import parse_line as parse_alias_line
from llmrouter_tui.core.domain import BackendKind
from llmrouter_tui.core.keys import DIGEST, NAME, ApiKey
from llmrouter_tui.core.rules import MOST as MOST_RULES
from llmrouter_tui.core.rules import Rule, RuleError
from llmrouter_tui.core.rules import parse as parse_rule
from llmrouter_tui.values import (
    WORD,
    BadValueError,
    Check,
    as_is,
    as_list,
    as_number,
    as_switch,
    choice,
    integer,
    list_of,
    maybe,
    number,
    path,
    switch,
    text,
    url,
    url_or_nothing,
    within,
)

APP: Final = "llmrouter-tui"
NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


def default_database() -> Path:
    return platformdirs.user_data_path(APP, appauthor=False) / "router.db"


@dataclass(frozen=True, slots=True)
class BackendConfig:
    """A server or engine that the user named."""

    name: str
    kind: str
    url: str
    api_key_env: str = ""
    """The environment variable that holds the key; the key itself is never in a setting."""
    pool: str = ""
    """The memory pool it lives in, e.g. ``gpu0``; empty = found out by itself."""
    context_length: int | None = None
    price_in: float | None = None
    """Dollars for a million prompt tokens, where its server does not tell; 0: it costs nothing."""
    price_out: float | None = None
    enabled: bool = True
    removed: bool = False
    """Taken away while the router ran, though this source still names it, or it still answers on this machine."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked. What each means is in ``KEYS``, and in the file that ``example`` returns."""

    host: str = "127.0.0.1"
    port: int = 11436
    allowed_hosts: tuple[str, ...] = ()
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    admin_api_key: str = field(default="", repr=False)
    metrics_api_key: str = field(default="", repr=False)
    rate_limit_rpm: int = 0
    rate_limit_tpm: int = 0
    rate_limit_concurrent: int = 0
    max_exchanges: int = 512
    max_body_mb: float = 32.0
    max_prompt_chars: int = 0
    max_image_mb: float = 20.0
    allow_image_urls: bool = False
    database: Path | None = field(default_factory=default_database)
    privacy: str = "preview"
    keep_days: float = 90.0
    quality_preference: float = 0.5
    rules: tuple[Rule, ...] = ()
    aliases: tuple[Alias, ...] = ()
    pinned_model: tuple[str, ...] = ()
    embedding_model: str = ""
    local_only: bool = False
    budget_day: float = 0.0
    budget_month: float = 0.0
    load_timeout_seconds: float = 300.0
    first_token_timeout_seconds: float = 300.0
    stall_seconds: float = 90.0
    interrupted: str = "resume"
    stop_seconds: float = 5.0
    signature_enabled: bool = False
    signature_format: str = "\n\n— {model}"
    vram_max_gb: float | None = None
    vram_reserve_gb: float = 0.5
    keep_alive_minutes: float = 30.0
    queue_limit: int = 64
    queue_seconds: float = 300.0
    embedded: bool | None = None
    gguf_folders: tuple[Path, ...] = ()
    context_length: int | None = None
    profile_max_age_days: float = 30.0
    profile_when_idle: str = "off"
    sync: str = "off"
    artificial_analysis_key: str = field(default="", repr=False)
    judge_enabled: bool = True
    judge_model: str = ""
    judge_base_url: str = ""
    judge_api_key_env: str = ""
    judge_share: float = 0.0
    judge_rpm: int = 60
    judge_daily_calls: int = 1000
    theme: str = ""
    symbols: str = "braille"
    calm: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    named_keys: tuple[ApiKey, ...] = ()
    backends: tuple[BackendConfig, ...] = ()


def _rules(value: object) -> tuple[Rule, ...]:
    if isinstance(value, list | tuple) and len(value) > MOST_RULES:
        raise BadValueError(f"must have at most {MOST_RULES} rules", None)
    return list_of(_rule)(value)  # type: ignore[no-any-return]


def _models(value: object) -> tuple[str, ...]:
    """Several, or one text with commas."""
    given = [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value
    return tuple(dict.fromkeys(list_of(WORD)(given)))


def _bindings(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise BadValueError("must be a table of binding = keys", value)
    return {str(name): within(f".{name}", WORD, keys) for name, keys in value.items()}


_SECRET_NAME: Final = text(r"([A-Za-z_][A-Za-z0-9_]*)?", "must be the name of an environment variable, not a key")

_BACKEND: Final[Mapping[str, Check]] = {
    "name": text(r"[^/\s]+", "must be a name without spaces and slashes"),
    "kind": choice(*get_args(BackendKind)),
    "url": url,
    "api_key_env": _SECRET_NAME,
    "pool": text(r"\S*", "must be a memory pool such as gpu0"),
    "context_length": maybe(0, integer(256, 16_777_216)),
    "price_in": number(0, 1e6),
    "price_out": number(0, 1e6),
    "enabled": switch,
    "removed": switch,
}


def _backend(value: object) -> BackendConfig:
    if isinstance(value, BackendConfig):
        value = asdict(value)
    if not isinstance(value, Mapping):
        raise BadValueError("must be a table with kind and url", value)
    for key in value:
        if key not in _BACKEND:
            above = "; it is a key of the whole file: put it above the first [[backends]]" if key in KEYS else ""
            raise BadValueError(f"is no key of a backend; {nearest(str(key), _BACKEND)}{above}", None, f".{key}")
    given = {key: item for key, item in value.items() if item is not None}
    if "kind" not in given:
        raise BadValueError("is missing", None, ".kind")
    if given["kind"] == "embedded" and not given.get("url"):
        given["url"] = None
    checked: dict[str, Any] = {
        k: "" if item is None else within(f".{k}", _BACKEND[k], item) for k, item in given.items()
    }
    if "url" not in checked and checked["kind"] != "embedded":
        raise BadValueError("is missing", None, ".url")
    return BackendConfig(**({"name": checked["kind"], "url": ""} | checked))


def _backends(value: object) -> tuple[BackendConfig, ...]:
    return _differently_named(list_of(_backend)(value), "backends")


_KEY: Final[Mapping[str, Check]] = {
    "name": text(NAME.pattern, "must be 1 to 64 letters, digits and . _ @ -, with a letter or digit first"),
    "key_env": _SECRET_NAME,
    "hash": text(DIGEST.pattern, "must be the SHA-256 of the key: 64 hex digits in lower case"),
    "models": lambda value: _models(value),
    "rpm": integer(0, 1_000_000),
    "tpm": integer(0, 1_000_000_000),
    "concurrent": integer(0, 100_000),
    "made_at": number(0, 1e11),
    "enabled": switch,
}


def _named_key(value: object) -> ApiKey:
    if isinstance(value, ApiKey):
        value = key_table(value)
    if not isinstance(value, Mapping):
        raise BadValueError("must be a table with name, and key_env or hash", None)
    for key in value:
        if key not in _KEY:
            raise BadValueError(f"is no key of a named key; {nearest(str(key), _KEY)}", None, f".{key}")
    given = {key: within(f".{key}", _KEY[key], item) for key, item in value.items() if item is not None}
    if "name" not in given:
        raise BadValueError("is missing", None, ".name")
    if bool(given.get("key_env")) == bool(given.get("hash")) and given.get("enabled", True):
        raise BadValueError("must have either key_env or hash", None)
    return ApiKey(digest=given.pop("hash", ""), **given)


def key_table(key: ApiKey) -> dict[str, object]:
    """A named key as the file has it, and as it is kept."""
    table = asdict(key) | {"models": list(key.models), "made_at": key.made_at or None}
    table["hash"] = table.pop("digest")
    return {name: value for name, value in table.items() if value not in (None, "", [])}


def _named_keys(value: object) -> tuple[ApiKey, ...]:
    return _differently_named(list_of(_named_key)(value), "keys")


def _differently_named(items: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    names = [item.name for item in items]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise BadValueError(f"must differ from the names of the other {what}", name, f"[{index}].name")
    return items


def _rule(value: object) -> Rule:
    try:
        return parse_rule(value)
    except RuleError as error:
        raise BadValueError(error.must, value if isinstance(value, str) else None, error.inside) from None


def _aliases(value: object) -> tuple[Alias, ...]:
    """A table, or a list of ``name = model``."""
    if isinstance(value, Mapping):
        made = tuple(_alias(name, model, f".{name}") for name, model in value.items())
    elif isinstance(value, list | tuple):
        made = tuple(_alias_line(item, f"[{index}]") for index, item in enumerate(value))
    else:
        raise BadValueError('must be a table of name = model, or a list such as ["claude-* = auto"]', value)
    if len(made) > MOST_ALIASES:
        raise BadValueError(f"must have at most {MOST_ALIASES} aliases", None)
    return made


def _alias(name: object, model: object, place: str) -> Alias:
    try:
        return parse_alias(name, model)
    except AliasError as error:
        raise BadValueError(error.must, model, place) from None


def _alias_line(item: object, place: str) -> Alias:
    if isinstance(item, Alias):
        return item
    try:
        return parse_alias_line(item if isinstance(item, str) else "")
    except AliasError as error:
        raise BadValueError(error.must, item, place) from None


@dataclass(frozen=True, slots=True)
class Key:
    """A setting: its line of documentation, its check, and how it is read from an environment variable
    (``from_text`` None: it has none); ``choices`` are all its values where they are few."""

    doc: str
    check: Check
    from_text: Callable[[str], object] | None = as_is
    secret: bool = False
    choices: tuple[str, ...] = ()


def _one_of(doc: str, *names: str) -> Key:
    return Key(doc, choice(*names), choices=names)


_SECONDS: Final = number(1, 86_400)

KEYS: Final[Mapping[str, Key]] = {
    "host": Key(
        "Address to serve on; with anything but 127.0.0.1 other machines can reach it.",
        text(r"[^\s/]+", "must be an address such as 127.0.0.1 or 0.0.0.0"),
    ),
    "port": Key("Port to serve on.", integer(1, 65535), as_number),
    "allowed_hosts": Key(
        "Host names that clients may use besides localhost and addresses.", list_of(WORD), as_list(",")
    ),
    "api_keys": Key("Keys of which clients must send one; empty = none asked.", list_of(WORD), as_list(","), True),
    "admin_api_key": Key(
        "Key for /admin; empty = only this machine may use /admin.",
        text(r"\S*", "must be text without spaces"),
        secret=True,
    ),
    "metrics_api_key": Key(
        "Key for /metrics besides the admin key; with neither only this machine may read it.",
        text(r"\S*", "must be text without spaces"),
        secret=True,
    ),
    "rate_limit_rpm": Key(
        "Requests a minute of each key, or of each address where there are no keys; 0 = any number.",
        integer(0, 1_000_000),
        as_number,
    ),
    "rate_limit_tpm": Key(
        "Tokens a minute of the same, prompts and answers; 0 = any number.", integer(0, 1_000_000_000), as_number
    ),
    "rate_limit_concurrent": Key(
        "Requests at the same time of the same; 0 = any number.", integer(0, 100_000), as_number
    ),
    "max_exchanges": Key(
        "Requests of all clients that are answered or wait at the same time; more are refused at once.",
        integer(1, 100_000),
        as_number,
    ),
    "max_body_mb": Key("Largest request body, in MB.", number(0.001, 4096), as_number),
    "max_prompt_chars": Key(
        "Characters of all messages of a request together; 0 = what the models can read.",
        integer(0, 1_000_000_000),
        as_number,
    ),
    "max_image_mb": Key("Largest image in a request, in MB.", number(0.001, 4096), as_number),
    "allow_image_urls": Key(
        "Whether requests may name images by web address: model servers then FETCH THEM.",
        switch,
        as_switch,
    ),
    "database": Key('The database file; ":memory:" keeps nothing.', maybe(":memory:", path)),
    "privacy": _one_of(
        "What the database keeps of prompts and answers: off, preview or full.", "off", "preview", "full"
    ),
    "keep_days": Key("Days that the history is kept.", number(0.01, 36_500), as_number),
    "quality_preference": Key(
        "0 = the fastest model that will do, 1 = the best answer whatever it takes.", number(0, 1), as_number
    ),
    "rules": Key(
        'Your rules, such as "never llama3.3:70b for chat"; in the variable with ; between them.',
        _rules,
        as_list(";"),
    ),
    "aliases": Key(
        'What names that are no model\'s mean, such as "claude-* = auto"; * is any part.', _aliases, as_list(",")
    ),
    "pinned_model": Key(
        "Models (backend/name) to keep loaded and to prefer for easy prompts; a list, or with commas.",
        _models,
        as_list(","),
    ),
    "embedding_model": Key(
        "What auto embeds with, for good; empty = chosen at the first request, then kept.",
        text(r"(\S(.*\S)?)?", "must be a model's name, or empty"),
    ),
    "local_only": Key(
        "Whether all prompts stay on this machine: what runs elsewhere is not asked.",
        switch,
        as_switch,
    ),
    "budget_day": Key(
        "Dollars a day for models that cost money; 0 = no bound. With one, prices must be known.",
        number(0, 1e6),
        as_number,
    ),
    "budget_month": Key("The same, a month.", number(0, 1e6), as_number),
    "load_timeout_seconds": Key("Seconds that loading a model may take.", _SECONDS, as_number),
    "first_token_timeout_seconds": Key("Seconds until a loaded model must say something.", _SECONDS, as_number),
    "stall_seconds": Key("Seconds that a model may pause in the middle of a stream.", _SECONDS, as_number),
    "interrupted": _one_of(
        "When a stream of plain text breaks off: resume = another model goes on with it, or error.", "resume", "error"
    ),
    "stop_seconds": Key(
        "Seconds that answers under way get to finish when the router stops; then they are cut.",
        number(0, 3600),
        as_number,
    ),
    "signature_enabled": Key("Whether answers end with the name of their model.", switch, as_switch),
    "signature_format": Key(
        "That ending; {model} is the model.",
        text(r"([^{}]|\{model\})*", "must be text in which the only braces are {model}"),
    ),
    "vram_max_gb": Key(
        "Most GPU memory to use, in GiB per GPU; 0 = all of it.", maybe(0, maybe(0.0, number(0.1, 65_536))), as_number
    ),
    "vram_reserve_gb": Key("GPU memory to leave free, in GiB per GPU.", number(0, 65_536), as_number),
    "keep_alive_minutes": Key("Minutes that an unused model stays loaded.", number(0, 525_600), as_number),
    "queue_limit": Key(
        "Requests that may wait for models to be loaded to one GPU; more are refused at once.",
        integer(1, 100_000),
        as_number,
    ),
    "queue_seconds": Key("Seconds that a request may wait until its model's load begins.", _SECONDS, as_number),
    "embedded": Key(
        'The built-in engine: true, false, or "auto" = only when no server answers.',
        maybe("auto", switch),
        as_switch,
        choices=("auto", "true", "false"),
    ),
    "gguf_folders": Key("More folders with GGUF files for the built-in engine.", list_of(path), as_list(os.pathsep)),
    "context_length": Key(
        "Tokens of context that models are loaded with where the router decides; 0 = as many as fit.",
        maybe(0, integer(256, 16_777_216)),
        as_number,
    ),
    "profile_max_age_days": Key(
        "Days after which what was measured of a model is measured anew with the next profile.",
        number(0.01, 36_500),
        as_number,
    ),
    "profile_when_idle": _one_of(
        "Whether models that were never measured are while nobody asks anything: off or new.", "off", "new"
    ),
    "sync": _one_of("Whether newer public figures of models are fetched by themselves: off, or daily.", "off", "daily"),
    "artificial_analysis_key": Key(
        "Your key for Artificial Analysis; empty = its figures are not fetched.",
        text(r"\S*", "must be text without spaces"),
        secret=True,
    ),
    "judge_enabled": Key(
        "Whether a model grades, while idle, the answers to measuring that no program can check.",
        switch,
        as_switch,
    ),
    "judge_model": Key(
        "Who judges: a model here, or one at judge_base_url; empty = the ablest local one.",
        text(r"(\S(.*\S)?)?", "must be a model's name, or empty"),
    ),
    "judge_base_url": Key(
        "An OpenAI-compatible judge elsewhere: what it grades is SENT THERE; empty = a model here.",
        url_or_nothing,
    ),
    "judge_api_key_env": Key("The environment variable that holds the key for judge_base_url.", _SECRET_NAME),
    "judge_share": Key(
        "Share (0 to 1) of clients' chats that the judge reads too: sent to judge_base_url if set.",
        number(0, 1),
        as_number,
    ),
    "judge_rpm": Key("Calls of judges a minute at most.", integer(1, 100_000), as_number),
    "judge_daily_calls": Key("Calls of judges a day at most; 0 = any number.", integer(0, 10_000_000), as_number),
    "theme": Key(
        "router-dark, router-light, mono, ansi-dark, ansi-light, or one of Textual's; empty = chosen on screen.",
        text(r"\S*", "must be a theme's name"),
    ),
    "symbols": _one_of("What charts are drawn with: braille, block or ascii.", "braille", "block", "ascii"),
    "calm": Key("Whether the screen moves as little as possible.", switch, as_switch),
    "keys": Key("Keys of the control center, by binding.", _bindings, None),
    "named_keys": Key("Keys of clients with a name, models and limits of their own.", _named_keys, None),
    "backends": Key(
        "Servers to use; where a file, the environment or a flag names any, nobody looks for others.", _backends, None
    ),
}
"""Every setting, in the order in which they are shown."""

WORDS_FOR_NONE: Final = {"vram_max_gb": 0, "embedded": "auto", "database": ":memory:", "context_length": 0}
"""What is written where a setting has no value."""


def nearest(name: str, among: Mapping[str, object]) -> str:
    """Words for the known name that is most like a wrong one."""
    return f"the nearest is {difflib.get_close_matches(name, among, 1, 0.0)[0]}"
