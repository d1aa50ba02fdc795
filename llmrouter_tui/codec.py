"""Events and snapshots as JSON: one form for what ``watch`` is told and for what a recording holds."""

from dataclasses import replace
from typing import Any

import msgspec

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.events import FACTS, Envelope, SettingChanged
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.core.ranking import to_plain

_HIDDEN = "(set)"
_ENCODER = msgspec.json.Encoder(enc_hook=to_plain)


class _Data(msgspec.Struct):
    seq: int
    at: float
    mono: float
    fact: msgspec.Raw


_DATA = msgspec.json.Decoder(_Data)
_FACTS: dict[str, msgspec.json.Decoder[Any]] = {name: msgspec.json.Decoder(kind) for name, kind in FACTS.items()}
_SNAPSHOT = msgspec.json.Decoder(Snapshot)


def veiled(setting: Setting) -> Setting:
    """A setting as it may leave the process: secrets tell only whether they are set."""
    return replace(setting, value=_HIDDEN if setting.value else None) if setting.secret else setting


def encode(envelope: Envelope) -> bytes:
    """``{"seq", "at", "mono", "fact"}`` on one line; the name of the fact goes beside it."""
    fact = envelope.fact
    if isinstance(fact, SettingChanged):
        envelope = replace(envelope, fact=SettingChanged(veiled(fact.setting)))
    return _encoded(envelope)


def decode(name: str, data: bytes) -> Envelope | None:
    """None for facts of a kind or form that another version tells. Raises ``msgspec.DecodeError`` for what is no JSON,
    and ``msgspec.ValidationError`` never."""
    decoder = _FACTS.get(name)
    if decoder is None:
        return None
    try:
        head = _DATA.decode(data)
        return Envelope(head.seq, head.at, head.mono, decoder.decode(head.fact))
    except msgspec.ValidationError:
        return None


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """On one line."""
    return _encoded(replace(snapshot, settings=tuple(veiled(setting) for setting in snapshot.settings)))


def _encoded(value: Envelope | Snapshot) -> bytes:
    """Servers may tell halves of characters, in names and in words, which JSON does not take."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        return _ENCODER.encode(_whole(msgspec.to_builtins(value, enc_hook=to_plain)))


def _whole(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {_whole(key): _whole(one) for key, one in value.items()}
        case list() | tuple():
            return [_whole(one) for one in value]
    return value


def decode_snapshot(data: bytes | msgspec.Raw) -> Snapshot:
    """Raises ``msgspec.DecodeError``."""
    return _SNAPSHOT.decode(data)
