"""What can be set: every key with its type, its bounds and its words. ``config`` says where values come from."""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, get_args
from urllib.parse import urlsplit

import platformdirs

from llmrouter_tui.core.domain import BackendKind
from llmrouter_tui.core.keys import DIGEST, NAME, ApiKey
from llmrouter_tui.core.rules import MOST as MOST_RULES
from llmrouter_tui.core.rules import Rule, RuleError
from llmrouter_tui.core.rules import parse as parse_rule

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


# ── checks: a value of any source to the value used ─────────────────────────────────────────────────────────────


class BadValueError(Exception):
    """A value that cannot be used: ``must`` says what it should be, ``inside`` where in the key, ``value`` what it
    is (None where it must not be repeated)."""

    def __init__(self, must: str, value: object, inside: str = "") -> None:
        super().__init__(must)
        self.must, self.value, self.inside = must, value, inside


Check = Callable[[object], Any]


def _number(low: float, high: float) -> Check:
    def check(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise BadValueError(f"must be a number from {low:g} to {high:g}", value)
        return float(value)

    return check


def _integer(low: int, high: int) -> Check:
    def check(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise BadValueError(f"must be a whole number from {low} to {high}", value)
        return value

    return check


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValueError("must be true or false", value)
    return value


def _text(pattern: str = ".*", must: str = "must be text") -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
            raise BadValueError(must, value)
        return value

    return check


def _choice(*names: str) -> Check:
    return _text("|".join(map(re.escape, names)), f"must be one of {', '.join(names)}")


def _or(word: object, check: Check) -> Check:
    """None, or ``word``, stands for no value."""
    return lambda value: None if value is None or (type(value), value) == (type(word), word) else check(value)


def _list(check: Check) -> Check:
    def items(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise BadValueError("must be a list", value)
        return tuple(_within(f"[{index}]", check, item) for index, item in enumerate(value))

    return items


def _rules(value: object) -> tuple[Rule, ...]:
    if isinstance(value, list | tuple) and len(value) > MOST_RULES:
        raise BadValueError(f"must have at most {MOST_RULES} rules", None)
    return _list(_rule)(value)  # type: ignore[no-any-return]


def _within(place: str, check: Check, value: object) -> Any:
    try:
        return check(value)
    except BadValueError as bad:
        raise BadValueError(bad.must, bad.value, place + bad.inside) from None


def _models(value: object) -> tuple[str, ...]:
    """Several, or one text with commas."""
    given = [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value
    return tuple(dict.fromkeys(_list(_WORD)(given)))


def _path(value: object) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
        raise BadValueError("must be a path", value)
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise BadValueError("must be a path; its ~ names no known user", value) from None


def _bindings(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise BadValueError("must be a table of binding = keys", value)
    return {str(name): _within(f".{name}", _WORD, keys) for name, keys in value.items()}


def _url(value: object) -> str:
    must = "must be an address such as http://127.0.0.1:11434"
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not isinstance(value, str) or re.search(r"\s", value):
        raise BadValueError(must, None if "@" in str(value) else value)
    if parts.username is not None or parts.password is not None:
        raise BadValueError("must hold no user or password; name the variable that holds the key in api_key_env", None)
    return value.rstrip("/")


def _url_or_nothing(value: object) -> str:
    return "" if value == "" else _url(value)


_WORD: Final = _text(r"\S(.*\S)?", "must be text, not empty, without spaces around it")
_SECRET_NAME: Final = _text(r"([A-Za-z_][A-Za-z0-9_]*)?", "must be the name of an environment variable, not a key")

_BACKEND: Final[Mapping[str, Check]] = {
    "name": _text(r"[^/\s]+", "must be a name without spaces and slashes"),
    "kind": _choice(*get_args(BackendKind)),
    "url": _url,
    "api_key_env": _SECRET_NAME,
    "pool": _text(r"\S*", "must be a memory pool such as gpu0"),
    "context_length": _or(0, _integer(256, 16_777_216)),
    "price_in": _number(0, 1e6),
    "price_out": _number(0, 1e6),
    "enabled": _switch,
    "removed": _switch,
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
        k: "" if item is None else _within(f".{k}", _BACKEND[k], item) for k, item in given.items()
    }
    if "url" not in checked and checked["kind"] != "embedded":
        raise BadValueError("is missing", None, ".url")
    return BackendConfig(**({"name": checked["kind"], "url": ""} | checked))


def _backends(value: object) -> tuple[BackendConfig, ...]:
    return _differently_named(_list(_backend)(value), "backends")


_KEY: Final[Mapping[str, Check]] = {
    "name": _text(NAME.pattern, "must be 1 to 64 letters, digits and . _ @ -, with a letter or digit first"),
    "key_env": _SECRET_NAME,
    "hash": _text(DIGEST.pattern, "must be the SHA-256 of the key: 64 hex digits in lower case"),
    "models": lambda value: _models(value),
    "rpm": _integer(0, 1_000_000),
    "tpm": _integer(0, 1_000_000_000),
    "concurrent": _integer(0, 100_000),
    "made_at": _number(0, 1e11),
    "enabled": _switch,
}


def _named_key(value: object) -> ApiKey:
    if isinstance(value, ApiKey):
        value = key_table(value)
    if not isinstance(value, Mapping):
        raise BadValueError("must be a table with name, and key_env or hash", None)
    for key in value:
        if key not in _KEY:
            raise BadValueError(f"is no key of a named key; {nearest(str(key), _KEY)}", None, f".{key}")
    given = {key: _within(f".{key}", _KEY[key], item) for key, item in value.items() if item is not None}
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
    return _differently_named(_list(_named_key)(value), "keys")


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


# ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _as_is(text: str) -> object:
    return text


def _as_number(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _as_switch(text: str) -> object:
    word = text.strip().lower()
    return word in ("1", "true", "yes", "on") if word in ("1", "true", "yes", "on", "0", "false", "no", "off") else word


def _as_list(separator: str) -> Callable[[str], object]:
    return lambda text: [item.strip() for item in text.split(separator) if item.strip()]


@dataclass(frozen=True, slots=True)
class Key:
    """A setting: its line of documentation, its check, and how it is read from an environment variable
    (``from_text`` None: it has none); ``choices`` are all its values where they are few."""

    doc: str
    check: Check
    from_text: Callable[[str], object] | None = _as_is
    secret: bool = False
    choices: tuple[str, ...] = ()


def _one_of(doc: str, *names: str) -> Key:
    return Key(doc, _choice(*names), choices=names)


_SECONDS: Final = _number(1, 86_400)

KEYS: Final[Mapping[str, Key]] = {
    "host": Key(
        "Address to serve on; with anything but 127.0.0.1 other machines can reach it.",
        _text(r"[^\s/]+", "must be an address such as 127.0.0.1 or 0.0.0.0"),
    ),
    "port": Key("Port to serve on.", _integer(1, 65535), _as_number),
    "allowed_hosts": Key(
        "Host names that clients may use besides localhost and addresses.", _list(_WORD), _as_list(",")
    ),
    "api_keys": Key("Keys of which clients must send one; empty = none asked.", _list(_WORD), _as_list(","), True),
    "admin_api_key": Key(
        "Key for /admin; empty = only this machine may use /admin.",
        _text(r"\S*", "must be text without spaces"),
        secret=True,
    ),
    "metrics_api_key": Key(
        "Key for /metrics besides the admin key; with neither only this machine may read it.",
        _text(r"\S*", "must be text without spaces"),
        secret=True,
    ),
    "rate_limit_rpm": Key(
        "Requests a minute of each key, or of each address where there are no keys; 0 = any number.",
        _integer(0, 1_000_000),
        _as_number,
    ),
    "rate_limit_tpm": Key(
        "Tokens a minute of the same, prompts and answers; 0 = any number.", _integer(0, 1_000_000_000), _as_number
    ),
    "rate_limit_concurrent": Key(
        "Requests at the same time of the same; 0 = any number.", _integer(0, 100_000), _as_number
    ),
    "max_exchanges": Key(
        "Requests of all clients that are answered or wait at the same time; more are refused at once.",
        _integer(1, 100_000),
        _as_number,
    ),
    "max_body_mb": Key("Largest request body, in MB.", _number(0.001, 4096), _as_number),
    "max_prompt_chars": Key(
        "Characters of all messages of a request together; 0 = what the models can read.",
        _integer(0, 1_000_000_000),
        _as_number,
    ),
    "max_image_mb": Key("Largest image in a request, in MB.", _number(0.001, 4096), _as_number),
    "allow_image_urls": Key(
        "Whether requests may name images by web address: model servers then FETCH THEM.",
        _switch,
        _as_switch,
    ),
    "database": Key('The database file; ":memory:" keeps nothing.', _or(":memory:", _path)),
    "privacy": _one_of(
        "What the database keeps of prompts and answers: off, preview or full.", "off", "preview", "full"
    ),
    "keep_days": Key("Days that the history is kept.", _number(0.01, 36_500), _as_number),
    "quality_preference": Key(
        "0 = the fastest model that will do, 1 = the best answer whatever it takes.", _number(0, 1), _as_number
    ),
    "rules": Key(
        'Your rules, such as "never llama3.3:70b for chat"; in the variable with ; between them.',
        _rules,
        _as_list(";"),
    ),
    "pinned_model": Key(
        "Models (backend/name) to keep loaded and to prefer for easy prompts; a list, or with commas.",
        _models,
        _as_list(","),
    ),
    "embedding_model": Key(
        "What auto embeds with, for good; empty = chosen at the first request, then kept.",
        _text(r"(\S(.*\S)?)?", "must be a model's name, or empty"),
    ),
    "local_only": Key(
        "Whether all prompts stay on this machine: what runs elsewhere is not asked.",
        _switch,
        _as_switch,
    ),
    "budget_day": Key(
        "Dollars a day for models that cost money; 0 = no bound. With one, prices must be known.",
        _number(0, 1e6),
        _as_number,
    ),
    "budget_month": Key("The same, a month.", _number(0, 1e6), _as_number),
    "load_timeout_seconds": Key("Seconds that loading a model may take.", _SECONDS, _as_number),
    "first_token_timeout_seconds": Key("Seconds until a loaded model must say something.", _SECONDS, _as_number),
    "stall_seconds": Key("Seconds that a model may pause in the middle of a stream.", _SECONDS, _as_number),
    "interrupted": _one_of(
        "When a stream of plain text breaks off: resume = another model goes on with it, or error.", "resume", "error"
    ),
    "stop_seconds": Key(
        "Seconds that answers under way get to finish when the router stops; then they are cut.",
        _number(0, 3600),
        _as_number,
    ),
    "signature_enabled": Key("Whether answers end with the name of their model.", _switch, _as_switch),
    "signature_format": Key(
        "That ending; {model} is the model.",
        _text(r"([^{}]|\{model\})*", "must be text in which the only braces are {model}"),
    ),
    "vram_max_gb": Key(
        "Most GPU memory to use, in GiB per GPU; 0 = all of it.", _or(0, _or(0.0, _number(0.1, 65_536))), _as_number
    ),
    "vram_reserve_gb": Key("GPU memory to leave free, in GiB per GPU.", _number(0, 65_536), _as_number),
    "keep_alive_minutes": Key("Minutes that an unused model stays loaded.", _number(0, 525_600), _as_number),
    "queue_limit": Key(
        "Requests that may wait for models to be loaded to one GPU; more are refused at once.",
        _integer(1, 100_000),
        _as_number,
    ),
    "queue_seconds": Key("Seconds that a request may wait until its model's load begins.", _SECONDS, _as_number),
    "embedded": Key(
        'The built-in engine: true, false, or "auto" = only when no server answers.',
        _or("auto", _switch),
        _as_switch,
        choices=("auto", "true", "false"),
    ),
    "gguf_folders": Key("More folders with GGUF files for the built-in engine.", _list(_path), _as_list(os.pathsep)),
    "context_length": Key(
        "Tokens of context that models are loaded with where the router decides; 0 = as many as fit.",
        _or(0, _integer(256, 16_777_216)),
        _as_number,
    ),
    "profile_max_age_days": Key(
        "Days after which what was measured of a model is measured anew with the next profile.",
        _number(0.01, 36_500),
        _as_number,
    ),
    "profile_when_idle": _one_of(
        "Whether models that were never measured are while nobody asks anything: off or new.", "off", "new"
    ),
    "sync": _one_of("Whether newer public figures of models are fetched by themselves: off, or daily.", "off", "daily"),
    "artificial_analysis_key": Key(
        "Your key for Artificial Analysis; empty = its figures are not fetched.",
        _text(r"\S*", "must be text without spaces"),
        secret=True,
    ),
    "judge_enabled": Key(
        "Whether a model grades, while idle, the answers to measuring that no program can check.",
        _switch,
        _as_switch,
    ),
    "judge_model": Key(
        "Who judges: a model here, or one at judge_base_url; empty = the ablest local one.",
        _text(r"(\S(.*\S)?)?", "must be a model's name, or empty"),
    ),
    "judge_base_url": Key(
        "An OpenAI-compatible judge elsewhere: what it grades is SENT THERE; empty = a model here.",
        _url_or_nothing,
    ),
    "judge_api_key_env": Key("The environment variable that holds the key for judge_base_url.", _SECRET_NAME),
    "judge_share": Key(
        "Share (0 to 1) of clients' chats that the judge reads too: sent to judge_base_url if set.",
        _number(0, 1),
        _as_number,
    ),
    "judge_rpm": Key("Calls of judges a minute at most.", _integer(1, 100_000), _as_number),
    "judge_daily_calls": Key("Calls of judges a day at most; 0 = any number.", _integer(0, 10_000_000), _as_number),
    "theme": Key("The screen's colours, by name; empty = the router's own.", _text(r"\S*", "must be a theme's name")),
    "symbols": _one_of("What charts are drawn with: braille, block or ascii.", "braille", "block", "ascii"),
    "calm": Key("Whether the screen moves as little as possible.", _switch, _as_switch),
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
