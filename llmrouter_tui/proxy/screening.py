"""What a request may hold: how deep, how long, which images. What harms no model passes as it came."""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.embedding import EmbedRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.bodies import bad_request
from llmrouter_tui.proxy.options import ProxyOptions

DEEPEST: Final = 128
"""Lists and objects inside each other. The schema of a tool has a dozen; parsers of model servers end at some
thousands, some by crashing."""
PARTS: Final = 100_000
"""Lists and objects in all."""
LOOKS: Final = 2
"""How often a request is looked at in parts before its brackets are counted one by one: into its tools and messages,
then into those that hold code."""
MOST_CONTROL: Final = 100_000
"""Control characters (and backslashes, which must be looked at, too) of prompts that hold any: a tenth of a second."""
MESSAGES: Final = 10_000
"""Of one conversation."""

_PROMPTS: Final = ("messages", "prompt", "suffix", "input", "instructions", "system")
"""The fields in which the dialects have what a model reads."""

# In JSON a control character is an escape, but for DEL and, as UTF-8, those from U+0080 on. Tab, newline, carriage
# return and U+0085 (the next line) stay. The first pattern is a quick look that may see some where none is.
_PERHAPS: Final = re.compile(rb"\\(?:[bf]|u00[01789])")
_CONTROL: Final = re.compile(
    rb"(\\\\)|\\(?:[bf]|u00(?:0[0-8bcefBCEF]|1[0-9a-fA-F]|7[fF]|8[0-46-9a-fA-F]|9[0-9a-fA-F]))"
    rb"|\x7f|\xc2[\x80-\x84\x86-\x9f]"
)
_HIGH: Final = re.compile(rb"\xc2[\x80-\x84\x86-\x9f]")
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_Level = dict[str, msgspec.Raw] | list[msgspec.Raw] | str | float | bool | None
_LEVELS: Final = msgspec.json.Decoder(dict[str, _Level] | list[_Level])

_NO_BEGINNING: Final = bytes(set(range(256)) - set(b"[{"))
_NOT_STRUCTURE: Final = bytes(set(range(256)) - set(b'[]{}"'))
_ALIKE: Final = bytes.maketrans(b"{}", b"[]")
_STRING: Final = re.compile(rb'"[^"]*"')

_MAGIC: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_HEAD: Final = 256
"""Bytes of an image's address that are looked at."""
_FETCHED: Final = ("http:", "https:", "ftp:", "file:")


_NOTHING: Final = msgspec.Raw(b"null")


class _Part(msgspec.Struct):
    type: str = ""
    image_url: msgspec.Raw = _NOTHING


class _Turn(msgspec.Struct):
    content: str | list[msgspec.Raw] | None = None


class _Said(msgspec.Struct):
    messages: list[_Turn]


class _Url(msgspec.Struct):
    url: msgspec.Raw


_SAID: Final = msgspec.json.Decoder(_Said)
_PART: Final = msgspec.json.Decoder(_Part)
_URL: Final = msgspec.json.Decoder(_Url)


def cleaned(body: bytes) -> bytes:
    """The body without control characters in what a model reads; the same object where there are none. Raises
    ``RouterError`` for what holds hardly anything else.

    They do nothing for a model, and in a terminal that shows the prompt they move the cursor and worse.
    """
    escapes = b"\\" in body and _PERHAPS.search(body)
    if not (escapes or b"\x7f" in body or (b"\xc2" in body and _HIGH.search(body))):
        return body
    try:
        fields = _FIELDS.decode(body)
    except (ValueError, RecursionError):
        return body  # what is wrong with it is told where it is read
    changed = False
    for name in _PROMPTS:
        if name in fields:
            given = bytes(fields[name])
            said, found = _CONTROL.subn(rb"\1", given, MOST_CONTROL)
            if found == MOST_CONTROL:
                raise bad_request(
                    f"The field {name!r} is no text: it is full of control characters.", param=name, hint="Send text."
                )
            if said != given:
                fields[name] = msgspec.Raw(said)
                changed = True
    return msgspec.json.encode(fields) if changed else body


def check_shape(body: bytes) -> None:
    """Refuse what is nested too deeply or has too many parts, before anything is made of it. Raises ``RouterError``."""
    begun = len(body.translate(None, _NO_BEGINNING))
    if begun <= DEEPEST or (begun <= PARTS and _is_flat(body, begun, DEEPEST, LOOKS)):
        return  # nearly always
    structure = body.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NOT_STRUCTURE)
    # What is left are brackets and quotation marks. Two of these side by side are an empty text, or the end of one and
    # the beginning of the next: without them the rest stays inside or outside of texts as it was.
    structure = structure.replace(b'""', b"")
    brackets = b"" if structure.count(b'"') > 2 * PARTS else _STRING.sub(b"", structure).translate(_ALIKE, b'"')
    if not brackets or len(brackets) > 2 * PARTS:
        raise bad_request(
            f"The request body has more than {PARTS:,} lists and objects.", hint="Send fewer messages or tools."
        )
    for _ in range(DEEPEST):
        inner = brackets.replace(b"[]", b"")
        if len(inner) == len(brackets):
            return  # nothing is left, or it is no JSON, which is told where it is read
        brackets = inner
    if brackets:
        raise bad_request(
            f"The request body is nested too deeply: more than {DEEPEST} lists and objects inside each other.",
            hint="Flatten the JSON.",
        )


def _is_flat(value: bytes, begun: int, deepest: int, looks: int) -> bool:
    """Whether a list or object is surely no deeper: two levels down, nothing ``begun`` (so often ``{`` and ``[`` stand
    in it) that often. Quick, and where it cannot tell, False. ``looks``: into parts of parts."""
    try:
        parts = _LEVELS.decode(value)
    except (ValueError, RecursionError):
        return False
    seen, inner = 1, list[bytes]()
    for part in parts.values() if isinstance(parts, dict) else parts:
        if isinstance(part, str):
            seen += part.count("{") + part.count("[")
        elif isinstance(part, dict | list):
            seen += 1
            inner += map(bytes, part.values() if isinstance(part, dict) else part)
    counts = [len(one.translate(None, _NO_BEGINNING)) for one in inner]
    if seen + sum(counts) != begun:
        return False  # a field is there twice, of which this saw the last
    both = zip(inner, counts, strict=True)
    deep = [(one, count) for one, count in both if count > deepest - 2 and one[:1] != b'"']
    return not deep or (looks > 0 and all(_is_flat(one, count, deepest - 2, looks - 1) for one, count in deep))


def check_request(chat: ChatRequest, options: ProxyOptions) -> None:
    """Refuse too many or too long messages, and images that no model should be handed. Raises ``RouterError``."""
    messages = chat.messages
    if len(messages) > MESSAGES:
        raise bad_request(
            f"The conversation has {len(messages):,} messages; this router takes {MESSAGES:,}.",
            param="messages",
            hint="Leave out or sum up the oldest.",
        )
    if options.max_prompt_chars and (said := sum([len(m.text) for m in messages])) > options.max_prompt_chars:
        raise bad_request(
            f"The messages have {said:,} characters; this router takes {options.max_prompt_chars:,}.",
            param="messages",
            hint="Shorten the conversation; max_prompt_chars sets the number.",
        )
    for message in messages:
        if message.images:
            _check_images(chat.body, options)
            return


def check_inputs(asked: EmbedRequest, options: ProxyOptions) -> None:
    """The same bound for each text that is to be embedded. Raises ``RouterError``."""
    most = options.max_prompt_chars
    if most and not asked.tokens and (longest := max(map(len, asked.inputs))) > most:
        raise bad_request(
            f"A text to be embedded has {longest:,} characters; this router takes {most:,}.",
            param="input",
            hint="Cut it into pieces; max_prompt_chars sets the number.",
        )


def _check_images(body: bytes, options: ProxyOptions) -> None:
    for index, turn in enumerate(_SAID.decode(body).messages):
        if isinstance(turn.content, list):
            for at, raw in enumerate(turn.content):
                part = _PART.decode(raw)
                place = f"messages[{index}].content[{at}]"
                if bytes(memoryview(part.image_url)[:4]) != b"null":
                    _check_image(part.image_url, options, f"{place}.image_url")
                elif "image" in part.type:
                    _check_addresses(msgspec.json.decode(raw), options, place)


def _check_image(given: msgspec.Raw, options: ProxyOptions, place: str) -> None:
    try:
        quoted = memoryview(given if bytes(memoryview(given)[:1]) == b'"' else _URL.decode(given).url)
    except (ValueError, RecursionError) as error:
        raise bad_request(f"The field {place!r} must hold a 'url'.", param=place, hint="Correct it.") from error
    head = bytes(quoted[1:_HEAD]).rstrip(b'"').replace(b"\\/", b"/")
    if head[:5].lower() != b"data:":
        _check_addresses(msgspec.json.decode(quoted), options, place)
        return
    kind, comma, data = head.partition(b",")
    if not comma or not kind.lower().endswith(b";base64") or not _is_image(data):
        raise bad_request(
            "An image in the request is no PNG, JPEG, WebP or GIF in base64.",
            param=place,
            hint="Send it as data:image/png;base64,… with the image's own bytes.",
        )
    size = (len(quoted) - len(kind) - 3) * 3 // 4
    if size > options.max_image:
        raise RouterError(
            "body_too_large",
            f"An image in the request has {size / (1 << 20):.1f} MB; this router takes {options.max_image >> 20} MB.",
            param=place,
            hint="Send a smaller one; max_image_mb sets the size.",
        )


def _is_image(data: bytes) -> bool:
    """By its first bytes, whatever it is called."""
    try:
        first = base64.b64decode(data[:24] + b"=" * (-len(data[:24]) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return first.startswith(_MAGIC) or (first[:4] == b"RIFF" and first[8:12] == b"WEBP")


def _check_addresses(part: Any, options: ProxyOptions, place: str) -> None:
    """A model server that is handed an address fetches it, from inside the network: whatever it can reach, the client
    can read then."""
    for text in _texts(part):
        scheme = text[:40].strip().lower()
        if scheme.startswith(_FETCHED[:2]) and options.allow_image_urls:
            continue
        if scheme.startswith(_FETCHED):
            raise bad_request(
                "An image in the request is an address that would have to be fetched.",
                param=place,
                hint="Send the image itself as data:image/png;base64,…; allow_image_urls allows web addresses.",
            )
    if isinstance(part, str) and not part[:40].strip().lower().startswith(_FETCHED[:2]):
        raise bad_request(
            "An image in the request is neither a data URL nor a web address.",
            param=place,
            hint="Send it as data:image/png;base64,….",
        )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    items: Sequence[Any] = ()
    if isinstance(value, dict):
        items = list(value.values())
    elif isinstance(value, list):
        items = value
    for item in items:
        yield from _texts(item)
