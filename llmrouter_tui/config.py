"""Settings: what can be set, from where, and what is wrong with it in words.

Precedence per key: flags, then environment ``ROUTER_*``, then what was set while running (kept in the database),
then the TOML file, then defaults. Backends add up instead: each source adds its own or replaces one by name.
"""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, get_args
from urllib.parse import urlsplit

import platformdirs

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.domain import BackendKind

Origin = Literal["flag", "environment", "set", "file", "default"]

APP: Final = "llmrouter-tui"
MASK: Final = "••••"
"""What a secret looks like wherever settings are shown."""

_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


def default_file() -> Path:
    """Where the TOML file is looked for when none is named."""
    return platformdirs.user_config_path(APP, appauthor=False) / "config.toml"


def default_database() -> Path:
    return platformdirs.user_data_path(APP, appauthor=False) / "router.db"


class ConfigError(Exception):
    """A setting cannot be used. The message names its source, the key and what would be right; ``key`` is the
    setting at fault, empty when the whole file is. Secret values are never in it."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


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
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked. What each means is in ``KEYS``, and in the file that ``example`` returns."""

    host: str = "127.0.0.1"
    port: int = 11436
    allowed_hosts: tuple[str, ...] = ()
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    admin_api_key: str = field(default="", repr=False)
    max_body_mb: float = 32.0
    database: Path | None = field(default_factory=default_database)
    privacy: str = "preview"
    keep_days: float = 90.0
    quality_preference: float = 0.5
    pinned_model: str = ""
    load_timeout_seconds: float = 300.0
    first_token_timeout_seconds: float = 300.0
    signature_enabled: bool = False
    signature_format: str = "\n\n— {model}"
    vram_max_gb: float | None = None
    vram_reserve_gb: float = 0.5
    keep_alive_minutes: float = 30.0
    embedded: bool | None = None
    gguf_folders: tuple[Path, ...] = ()
    context_length: int = 8192
    theme: str = ""
    symbols: str = "braille"
    calm: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    backends: tuple[BackendConfig, ...] = ()


# ── checks: a value of any source to the value used ─────────────────────────────────────────────────────────────


class _BadValueError(Exception):
    """A value that cannot be used: ``must`` says what it should be, ``inside`` where in the key, ``value`` what it
    is (None where it must not be repeated)."""

    def __init__(self, must: str, value: object, inside: str = "") -> None:
        super().__init__(must)
        self.must, self.value, self.inside = must, value, inside


Check = Callable[[object], Any]


def _number(low: float, high: float) -> Check:
    def check(value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise _BadValueError(f"must be a number from {low:g} to {high:g}", value)
        return float(value)

    return check


def _integer(low: int, high: int) -> Check:
    def check(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise _BadValueError(f"must be a whole number from {low} to {high}", value)
        return value

    return check


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise _BadValueError("must be true or false", value)
    return value


def _text(pattern: str = ".*", must: str = "must be text") -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
            raise _BadValueError(must, value)
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
            raise _BadValueError("must be a list", value)
        return tuple(_within(f"[{index}]", check, item) for index, item in enumerate(value))

    return items


def _within(place: str, check: Check, value: object) -> Any:
    try:
        return check(value)
    except _BadValueError as bad:
        raise _BadValueError(bad.must, bad.value, place + bad.inside) from None


def _path(value: object) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
        raise _BadValueError("must be a path", value)
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise _BadValueError("must be a path; its ~ names no known user", value) from None


def _bindings(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise _BadValueError("must be a table of binding = keys", value)
    return {str(name): _within(f".{name}", _WORD, keys) for name, keys in value.items()}


def _url(value: object) -> str:
    must = "must be an address such as http://127.0.0.1:11434"
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not isinstance(value, str) or re.search(r"\s", value):
        raise _BadValueError(must, None if "@" in str(value) else value)
    if parts.username is not None or parts.password is not None:
        raise _BadValueError("must hold no user or password; name the variable that holds the key in api_key_env", None)
    return value.rstrip("/")


_WORD: Final = _text(r"\S(.*\S)?", "must be text, not empty, without spaces around it")
_SECRET_NAME: Final = _text(r"([A-Za-z_][A-Za-z0-9_]*)?", "must be the name of an environment variable, not a key")

_BACKEND: Final[Mapping[str, Check]] = {
    "name": _text(r"[^/\s]+", "must be a name without spaces and slashes"),
    "kind": _choice(*get_args(BackendKind)),
    "url": _url,
    "api_key_env": _SECRET_NAME,
    "pool": _text(r"\S*", "must be a memory pool such as gpu0"),
    "context_length": _or(0, _integer(256, 16_777_216)),
    "enabled": _switch,
}


def _backend(value: object) -> BackendConfig:
    if isinstance(value, BackendConfig):
        value = asdict(value)
    if not isinstance(value, Mapping):
        raise _BadValueError("must be a table with kind and url", value)
    for key in value:
        if key not in _BACKEND:
            above = "; it is a key of the whole file: put it above the first [[backends]]" if key in KEYS else ""
            raise _BadValueError(f"is no key of a backend; {_nearest(str(key), _BACKEND)}{above}", None, f".{key}")
    given = {key: item for key, item in value.items() if item is not None}
    if "kind" not in given:
        raise _BadValueError("is missing", None, ".kind")
    if given["kind"] == "embedded" and not given.get("url"):
        given["url"] = None
    checked: dict[str, Any] = {
        k: "" if item is None else _within(f".{k}", _BACKEND[k], item) for k, item in given.items()
    }
    if "url" not in checked and checked["kind"] != "embedded":
        raise _BadValueError("is missing", None, ".url")
    return BackendConfig(**({"name": checked["kind"], "url": ""} | checked))


def _backends(value: object) -> tuple[BackendConfig, ...]:
    backends: tuple[BackendConfig, ...] = _list(_backend)(value)
    names = [backend.name for backend in backends]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise _BadValueError("must differ from the names of the other backends", name, f"[{index}].name")
    return backends


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
    (``from_text`` None: it has none)."""

    doc: str
    check: Check
    from_text: Callable[[str], object] | None = _as_is
    secret: bool = False


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
    "max_body_mb": Key("Largest request body, in MB.", _number(0.001, 4096), _as_number),
    "database": Key('The database file; ":memory:" keeps nothing.', _or(":memory:", _path)),
    "privacy": Key("What is kept of prompts and answers: off, preview or full.", _choice("off", "preview", "full")),
    "keep_days": Key("Days that the history is kept.", _number(0.01, 36_500), _as_number),
    "quality_preference": Key(
        "0 = the fastest model that will do, 1 = the best answer whatever it takes.", _number(0, 1), _as_number
    ),
    "pinned_model": Key(
        "A model (backend/name) to prefer whenever it can answer; empty = none.",
        _text(r"(\S(.*\S)?)?", "must be a model, without spaces around it"),
    ),
    "load_timeout_seconds": Key("Seconds that loading a model may take.", _SECONDS, _as_number),
    "first_token_timeout_seconds": Key("Seconds until a loaded model must say something.", _SECONDS, _as_number),
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
    "embedded": Key(
        'The built-in engine: true, false, or "auto" = only when no server answers.', _or("auto", _switch), _as_switch
    ),
    "gguf_folders": Key("More folders with GGUF files for the built-in engine.", _list(_path), _as_list(os.pathsep)),
    "context_length": Key(
        "Tokens of context that the built-in engine loads a model with.", _integer(256, 16_777_216), _as_number
    ),
    "theme": Key("The screen's colours, by name; empty = the router's own.", _text(r"\S*", "must be a theme's name")),
    "symbols": Key("What charts are drawn with: braille, block or ascii.", _choice("braille", "block", "ascii")),
    "calm": Key("Whether the screen moves as little as possible.", _switch, _as_switch),
    "keys": Key("Keys of the control center, by binding.", _bindings, None),
    "backends": Key("Servers to use besides those found by looking around on this machine.", _backends, None),
}
"""Every setting, in the order in which they are shown."""

_FROM_URLS: Final[Mapping[str, str]] = {
    "ROUTER_OLLAMA_URL": "ollama",
    "ROUTER_LLAMACPP_URL": "llamacpp",
    "ROUTER_OPENAI_BASE_URL": "openai",
}
"""Variables with one or more addresses (comma between them), and the kind of backend that each makes."""

_OPENAI_KEY: Final = "ROUTER_OPENAI_API_KEY"

VARIABLES: Final[Mapping[str, str]] = {
    **{f"ROUTER_{name.upper()}": name for name, key in KEYS.items() if key.from_text},
    **dict.fromkeys((*_FROM_URLS, _OPENAI_KEY), "backends"),
}
"""Every environment variable that is read, and the key that it sets."""


def _nearest(name: str, among: Mapping[str, object]) -> str:
    return f"the nearest is {difflib.get_close_matches(name, among, 1, 0.0)[0]}"


# ── sources ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, repr=False)
class _Source:
    origin: Origin
    values: Mapping[str, Any]


def _checked(origin: Origin, raw: Mapping[str, object], place: Callable[[str, str], str]) -> _Source:
    """Check every value. ``place(key, inside)`` names where it stands, for messages."""
    values: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in KEYS:
            raise ConfigError(f"{place(name, '')} is no setting; {_nearest(name, KEYS)}.", name)
        try:
            values[name] = KEYS[name].check(value)
        except _BadValueError as bad:
            hidden = bad.value is None or KEYS[name].secret or bad.inside.endswith("api_key_env")
            shown = "" if hidden else f", not {_short(bad.value)}"
            raise ConfigError(f"{place(name, bad.inside)} {bad.must}{shown}.", name) from None
    return _Source(origin, values)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _from_file(file: Path | None) -> _Source:
    path = default_file() if file is None else file.expanduser()
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        if file is None:
            return _Source("file", {})
        raise ConfigError(f"There is no configuration file {path}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}.") from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    return _checked("file", raw, lambda name, inside: f"{path}{_line(text, name, inside)}: {name}{inside}")


def _line(text: str, name: str, inside: str) -> str:
    """``, line 3`` where that is easy to find."""
    lines = text.splitlines()
    heads = [number for number, line in enumerate(lines) if line.lstrip().startswith("[")]
    first, last, sought = 0, heads[0] if heads else len(lines), name
    item = re.match(r"\[(\d+)\](?:\.(\w+))?", inside)
    tables = [number for number in heads if re.match(rf"\s*\[+\s*{re.escape(name)}\s*\]", lines[number])]
    if tables:
        start = tables[min(int(item[1]), len(tables) - 1)] if item else tables[0]
        first, last = start, next((head for head in heads if head > start), len(lines))
        sought = (item[2] if item else inside.removeprefix(".")) or ""
    for number in range(first, last):
        if sought and re.match(rf"""\s*["']?{re.escape(sought)}["']?\s*=""", lines[number]):
            return f", line {number + 1}"
    return f", line {tables[0] + 1 if not item else first + 1}" if tables else ""


def _from_stored(stored: Mapping[str, object]) -> _Source:
    if "database" in stored:
        raise ConfigError("The saved setting database cannot apply: it would have to be read before it is found.")
    raw = {name: value for name, value in stored.items() if value is not None}
    return _checked("set", raw, lambda name, inside: f"The saved setting {name}{inside}")


def _from_flags(flags: Mapping[str, object]) -> _Source:
    raw = {name: value for name, value in flags.items() if value is not None}
    return _checked("flag", raw, lambda name, inside: f"The option --{name.replace('_', '-')}{inside}")


def _from_environment(env: Mapping[str, str]) -> _Source:
    given = {name: value for name, value in env.items() if name.startswith("ROUTER_") and value}
    raw: dict[str, object] = {}
    for name, value in given.items():
        if name not in VARIABLES:
            raise ConfigError(f"The environment variable {name} is not known; {_nearest(name, VARIABLES)}.")
        read = KEYS[VARIABLES[name]].from_text
        if read:
            raw[VARIABLES[name]] = read(value)
    source = _checked(
        "environment", raw, lambda name, inside: f"The environment variable ROUTER_{name.upper()}{inside}"
    )
    backends = tuple(backend for name, kind in _FROM_URLS.items() for backend in _from_urls(given, name, kind))
    return _Source("environment", {**source.values, "backends": backends} if backends else source.values)


def _from_urls(given: Mapping[str, str], variable: str, kind: str) -> list[BackendConfig]:
    key = _OPENAI_KEY if kind == "openai" and _OPENAI_KEY in given else ""
    urls = [url.strip() for url in given.get(variable, "").split(",") if url.strip()]
    raw = [
        {"name": f"{kind}-{n}" if n > 1 else kind, "kind": kind, "url": url, "api_key_env": key}
        for n, url in enumerate(urls, 1)
    ]
    return list(
        _checked("environment", {"backends": raw}, lambda *_: f"The environment variable {variable}").values["backends"]
    )


# ── the configuration ───────────────────────────────────────────────────────────────────────────────────────────


class Config:
    """The settings in force and where each comes from."""

    __slots__ = ("_origins", "_sources", "settings")

    def __init__(self, sources: tuple[_Source, ...]) -> None:
        """From the weakest source to the strongest."""
        self._sources = sources
        self._origins: dict[str, Origin] = {}
        values: dict[str, Any] = {}
        backends: dict[str, BackendConfig] = {}
        for source in sources:
            values |= source.values
            self._origins |= dict.fromkeys(source.values, source.origin)
            for backend in source.values.get("backends", ()):
                backends[backend.name] = backend
                self._origins[f"backends.{backend.name}"] = source.origin
        self.settings: Final = Settings(**{**values, "backends": tuple(backends.values())})

    def __repr__(self) -> str:
        return f"Config({self.settings!r})"

    def origin(self, key: str) -> Origin:
        """Where a setting comes from; for one backend ask ``backends.NAME``. Raises ``KeyError`` for no setting."""
        if key not in KEYS and key not in self._origins:
            raise KeyError(key)
        return self._origins.get(key, "default")

    def views(self) -> tuple[Setting, ...]:
        """Every setting in plain JSON types, secrets masked."""
        return tuple(
            Setting(name, _shown(key, getattr(self.settings, name)), self.origin(name), key.secret)
            for name, key in KEYS.items()
        )

    def with_stored(self, stored: Mapping[str, object]) -> "Config":
        """The same with these values set while running, instead of those before; a None is not set.
        Raises ``ConfigError``: so this is also how a new value is checked."""
        replaced = _from_stored(stored)
        return Config(tuple(replaced if source.origin == "set" else source for source in self._sources))


def load(
    *,
    file: Path | None = None,
    env: Mapping[str, str],
    flags: Mapping[str, object],
    stored: Mapping[str, object] = _NOTHING,
) -> Config:
    """Read and check all sources. Without ``file`` the default one is read if it exists; a flag or a stored value
    that is None, and an environment variable that is empty, count as not given. Raises ``ConfigError``."""
    return Config((_from_file(file), _from_stored(stored), _from_environment(env), _from_flags(flags)))


def usable(stored: Mapping[str, object]) -> tuple[dict[str, object], tuple[str, ...]]:
    """The stored values that this version can use, and what is wrong with the others: another version's setting
    must not keep the router from starting."""
    good: dict[str, object] = {}
    wrong: list[str] = []
    for name, value in stored.items():
        try:
            _from_stored({name: value})
        except ConfigError as error:
            wrong.append(str(error))
        else:
            good[name] = value
    return good, tuple(wrong)


def _shown(key: Key, value: object) -> object:
    if key.secret:
        return MASK if value else ""
    return _plain(value)


def _plain(value: object) -> object:
    """In types that JSON knows."""
    match value:
        case Path():
            return str(value)
        case BackendConfig():
            return asdict(value)
        case tuple():
            return [_plain(item) for item in value]
        case Mapping():
            return dict(value)
    return value


_WORDS_FOR_NONE: Final = {"vram_max_gb": 0, "embedded": "auto", "database": ":memory:"}

_TABLES: Final = """\
# Keys of the control center, by binding (the help screen names them).
# [keys]
# quit = "ctrl+q"

# Servers to use besides those found by looking around on this machine; as many as you like.
# kind: {kinds}. Optional: name, api_key_env (the environment variable that holds
# the key), pool (such as "gpu0"), context_length, enabled. Each must stand below all keys above.
# [[backends]]
# name = "workstation"
# kind = "ollama"
# url = "http://192.168.1.20:11434"
"""


def example() -> str:
    """The documented file: each key on a line of its own, with its default, to be uncommented where it changes."""
    defaults = Settings()
    lines = ["# Configuration of llmrouter-tui. Everything is optional; each line shows the default.", ""]
    for name in (item.name for item in fields(Settings)):
        if KEYS[name].from_text:
            value = _plain(getattr(defaults, name))
            shown = json.dumps(_WORDS_FOR_NONE[name] if value is None else value, ensure_ascii=False)
            lines += [f"# {KEYS[name].doc} [ROUTER_{name.upper()}]", f"#{name} = {shown}", ""]
    return "\n".join([*lines, _TABLES.format(kinds=", ".join(get_args(BackendKind)))])
