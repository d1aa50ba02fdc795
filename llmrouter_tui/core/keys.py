"""Keys of clients: who may ask, for which models, and how much.

A key is kept as the SHA-256 of its text, and nothing else. That is enough for keys that the router makes: 256 random
bits cannot be tried out, so a slow hash, which protects words that people think up, would protect nothing and cost
each request its time.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.limiting import Limit

PREFIX = "llmr-"
"""By this people, and programs that look for leaked secrets, know a key of ours."""
RANDOM_BYTES = 32
DIGEST = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
"""Names of keys stand in records, headers and addresses of the admin API."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that has a name. None for a limit: the one for all clients holds; 0: no limit."""

    name: str
    digest: str = ""
    """SHA-256 of its text, in hex; empty while the variable that should hold it is not set."""
    key_env: str = ""
    """The environment variable that holds it; empty where only the digest is known."""
    models: tuple[str, ...] = ()
    """Names or ids of models that it may ask for, with ``*``; empty for all."""
    rpm: int | None = None
    tpm: int | None = None
    concurrent: int | None = None
    made_at: float = 0.0
    """Wall time, where it was made while the router ran."""
    enabled: bool = True
    """False: revoked."""

    def limit(self, usual: Limit) -> Limit:
        return Limit(
            usual.rpm if self.rpm is None else self.rpm,
            usual.tpm if self.tpm is None else self.tpm,
            usual.concurrent if self.concurrent is None else self.concurrent,
        )


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as it is shown: all but what it is."""

    name: str
    origin: str
    """``file``, or ``set`` where it was made while the router ran."""
    models: tuple[str, ...] = ()
    rpm: int | None = None
    tpm: int | None = None
    concurrent: int | None = None
    made_at: float = 0.0
    usable: bool = True
    """False while the environment variable that should hold it is not set."""
    used_at: float | None = None
    """When it was last used, wall time; None where that is not known."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. Its text is told this once and kept nowhere."""

    name: str
    key: str


def new_key(random: bytes) -> str:
    """The text of a key from ``RANDOM_BYTES`` random bytes."""
    return PREFIX + base64.urlsafe_b64encode(random).rstrip(b"=").decode()


def digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def permits(models: Sequence[str], model: ModelView) -> bool:
    """Whether one of these names means the model: by its id, its name or an alias, in either case."""
    info = model.info
    matches = _pattern(tuple(models)).fullmatch
    return any(matches(name.lower()) for name in (model.id, info.name, *info.aliases))


def not_permitted(key: str, requested: str, allowed: Sequence[str], here: Sequence[ModelView]) -> RouterError:
    """The error for a request whose key may not have what it asks for; ``here``: what it may have."""
    names = ", ".join(allowed[:8]) + (" …" if len(allowed) > 8 else "")
    if not key:
        words = f"None of the models that it may go to can be asked for {requested[:120]!r} ({names})."
        return RouterError("model_not_found", words, hint="Let it go to more models.", param="model")
    if not here:
        return RouterError(
            "forbidden",
            f"None of the models that the key {key!r} may ask for is here now ({names}).",
            hint="Start a backend that has one of them, or allow the key another model.",
            param="model",
            retryable=True,
        )
    return RouterError(
        "forbidden",
        f"The key {key!r} may not ask for {requested[:120]!r}.",
        hint=f"It may ask for {names}; or for auto, which chooses among them.",
        param="model",
    )


@lru_cache(maxsize=1024)
def _pattern(models: tuple[str, ...]) -> re.Pattern[str]:
    """``name:latest`` is also meant by ``name``, as in requests."""
    plain = [name.lower().removesuffix(":latest") for name in models]
    return re.compile("|".join([translate(name) + r"|" + translate(f"{name}:latest") for name in plain]))
