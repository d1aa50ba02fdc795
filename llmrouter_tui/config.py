"""Settings: what can be set, from where, and what is wrong with it in words.

Precedence per key: flags, then environment ``ROUTER_*``, then what was set while running (kept in the database),
then the TOML file, then defaults. Backends and named keys add up instead: each source adds its own or replaces one by
name.
"""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, get_args

import platformdirs

from llmrouter_tui.core.aliases import Alias
from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.domain import BackendKind
from llmrouter_tui.core.forms import Origin
from llmrouter_tui.core.keys import ApiKey
from llmrouter_tui.core.rules import Rule
from llmrouter_tui.settings import (
    APP,
    KEYS,
    NOTHING,
    WORDS_FOR_NONE,
    BackendConfig,
    Settings,
    key_table,
    nearest,
)
from llmrouter_tui.values import BadValueError

MASK: Final = "••••"
"""What a secret looks like wherever settings are shown."""


def default_file() -> Path:
    """Where the TOML file is looked for when none is named."""
    return platformdirs.user_config_path(APP, appauthor=False) / "config.toml"


class ConfigError(Exception):
    """A setting cannot be used. The message names its source, the key and what would be right; ``key`` is the
    setting at fault, empty when the whole file is. Secret values are never in it."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


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
            raise ConfigError(f"{place(name, '')} is no setting; {nearest(name, KEYS)}.", name)
        try:
            values[name] = KEYS[name].check(value)
        except BadValueError as bad:
            hidden = bad.value is None or KEYS[name].secret or bad.inside.endswith(("key_env", "hash"))
            instead = "" if hidden else f", not {_short(bad.value)}"
            raise ConfigError(f"{place(name, bad.inside)} {bad.must}{instead}.", name) from None
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
        remedy = "`llmrouter-tui config --example` prints one"
        raise ConfigError(f"There is no configuration file {path}; {remedy}.") from None
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
            raise ConfigError(f"The environment variable {name} is not known; {nearest(name, VARIABLES)}.")
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


_ADDING_UP: Final = ("backends", "named_keys")
_FLAGS: Final = {"database": "--db", "embedded": "--embedded or --no-embedded"}
"""Options whose names are not those of their settings."""


# ── the configuration ───────────────────────────────────────────────────────────────────────────────────────────


class Config:
    """The settings in force and where each comes from."""

    __slots__ = ("_file", "_origins", "_sources", "settings")

    def __init__(self, sources: tuple[_Source, ...], file: Path | None = None) -> None:
        """From the weakest source to the strongest; ``file`` is where one of them was read, None the usual place."""
        self._sources = sources
        self._file = file
        self._origins: dict[str, Origin] = {}
        values: dict[str, Any] = {}
        added: dict[str, dict[str, BackendConfig | ApiKey]] = {name: {} for name in _ADDING_UP}
        for source in sources:
            values |= source.values
            self._origins |= dict.fromkeys(source.values, source.origin)
            for name, items in added.items():
                for item in source.values.get(name, ()):
                    items[item.name] = item
                    self._origins[f"{name}.{item.name}"] = source.origin
        self.settings: Final = Settings(**values | {name: tuple(items.values()) for name, items in added.items()})

    @property
    def names_backends(self) -> bool:
        """Whether the file, the environment or a flag names backends: then nobody looks around for others."""
        return any(source.values.get("backends") for source in self._sources if source.origin != "set")

    def __repr__(self) -> str:
        return f"Config({self.settings!r})"

    def origin(self, key: str) -> Origin:
        """Where a setting comes from; for one backend or key ask ``backends.NAME``, ``named_keys.NAME``. Raises
        ``KeyError`` for no setting."""
        if key not in KEYS and key not in self._origins:
            raise KeyError(key)
        return self._origins.get(key, "default")

    def held(self, key: str) -> str:
        """What fixes a setting as long as the program runs: ``--port``, ``ROUTER_PORT``; empty where nothing does."""
        if key in _ADDING_UP:
            return ""
        match self.origin(key):
            case "flag":
                return _FLAGS.get(key, f"--{key.replace('_', '-')}")
            case "environment":
                return f"ROUTER_{key.upper()}"
        return ""

    def views(self) -> tuple[Setting, ...]:
        """Every setting in plain JSON types, secrets masked."""
        return tuple(
            Setting(name, shown(name, self.settings), self.origin(name), key.secret) for name, key in KEYS.items()
        )

    def with_stored(self, stored: Mapping[str, object]) -> "Config":
        """The same with these values set while running, instead of those before; a None is not set.
        Raises ``ConfigError``: so this is also how a new value is checked."""
        return self._with(_from_stored(stored))

    def reread(self) -> "Config":
        """The same with the file as it is now. Raises ``ConfigError``."""
        return self._with(_from_file(self._file))

    def _with(self, replaced: _Source) -> "Config":
        sources = tuple(replaced if source.origin == replaced.origin else source for source in self._sources)
        return Config(sources, self._file)


def load(
    *,
    file: Path | None = None,
    env: Mapping[str, str],
    flags: Mapping[str, object],
    stored: Mapping[str, object] = NOTHING,
) -> Config:
    """Read and check all sources. Without ``file`` the default one is read if it exists; a flag or a stored value
    that is None, and an environment variable that is empty, count as not given. Raises ``ConfigError``."""
    return Config((_from_file(file), _from_stored(stored), _from_environment(env), _from_flags(flags)), file)


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


def missing_keys(settings: Settings, env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """(backend, variable) for each backend in use whose key should be in an environment variable that is not set."""
    return tuple((b.name, b.api_key_env) for b in settings.backends if b.enabled and _is_missing(b.api_key_env, env))


def secrets(settings: Settings, env: Mapping[str, str]) -> tuple[str, ...]:
    """Every secret that the settings hold or name a variable for: what no log line may show."""
    named = [b.api_key_env for b in settings.backends] + [k.key_env for k in settings.named_keys]
    held = (settings.admin_api_key, settings.metrics_api_key, settings.artificial_analysis_key, *settings.api_keys)
    return tuple(filter(None, (*held, *(env.get(name) for name in (*named, settings.judge_api_key_env)))))


def _is_missing(variable: str, env: Mapping[str, str]) -> bool:
    return bool(variable) and not env.get(variable)


def shown(name: str, settings: Settings) -> object:
    """A setting's value in plain JSON types; a secret masked."""
    value = getattr(settings, name)
    return (MASK if value else "") if KEYS[name].secret else _plain(value)


def _plain(value: object) -> object:
    """In types that JSON knows."""
    match value:
        case Path():
            return str(value)
        case Rule() | Alias():
            return str(value)
        case BackendConfig():
            return asdict(value)
        case ApiKey():
            return {name: item for name, item in key_table(value).items() if name != "hash"}
        case tuple():
            return [_plain(item) for item in value]
        case Mapping():
            return dict(value)
    return value


_TABLES: Final = """\
# Keys of the control center, by act (the table of keys in the README names them).
# [keys]
# quit = "ctrl+q"

# Aliases may be a table too, in place of the list above: what clients with fixed names get. Names of models here come
# before aliases, whole names before those with *. Stand below all keys above.
# [aliases]
# "claude-*" = "auto"
# "gpt-4o-mini" = "qwen3:4b"

# Rules may be tables too, in place of the list above: never, always or only, with a model or a list of them; task,
# client (the name it gives itself) and session say for what. Stand below all keys above.
# [[rules]]
# always = ["qwen2.5-coder:7b", "ollama/qwen3:32b"]
# task = "coding"

# Keys of clients with a name, as many as you like, besides the plain ones in api_keys. The key itself is never here:
# key_env names the environment variable that holds it, or hash is its SHA-256 in hex (for a key of at least 128 random
# bits; `llmrouter-tui keys add NAME` makes one and keeps the hash in the database). Optional: models it may ask for
# (names or ids, * for any part), and rpm, tpm and concurrent of its own, before rate_limit_rpm and the like; 0 = any.
# [[named_keys]]
# name = "alice"
# key_env = "ALICE_KEY"
# models = ["qwen3:4b", "big-box/*"]
# rpm = 30

# Servers to use, as many as you like; where any is named here, this machine is not searched for others.
# kind: {kinds}. Optional: name, api_key_env (the environment variable that holds
# the key), pool (such as "gpu0"), context_length, enabled, price_in and price_out (dollars for a million
# tokens). Each must stand below all keys above.
# [[backends]]
# name = "workstation"
# kind = "ollama"
# url = "http://192.168.1.20:11434"
"""


def written(name: str, value: object) -> str:
    """A setting's value as the file has it: ``auto``, ``0`` and the like where it is none."""
    return json.dumps(WORDS_FOR_NONE[name] if value is None else value, ensure_ascii=False)


def example() -> str:
    """The documented file: each key on a line of its own, with its default, to be uncommented where it changes."""
    defaults = Settings()
    lines = ["# Configuration of llmrouter-tui. Everything is optional; each line shows the default.", ""]
    for name in (item.name for item in fields(Settings)):
        if KEYS[name].from_text:
            value = written(name, _plain(getattr(defaults, name)))
            lines += [f"# {KEYS[name].doc} [ROUTER_{name.upper()}]", f"#{name} = {value}", ""]
    return "\n".join([*lines, _TABLES.format(kinds=", ".join(get_args(BackendKind)))])
