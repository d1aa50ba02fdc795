"""Reading request bodies: bounded, checked as UTF-8, decoded into structs, with errors that name the field."""

import asyncio
import re
from difflib import get_close_matches
from typing import TypeVar

import msgspec
from aiohttp import web

from llmrouter_tui.core.errors import RouterError

T = TypeVar("T")

SMALL = 1 << 20
"""Bytes of the largest body of an admin or feedback call."""

PATIENCE = 120.0
"""Seconds for a body to arrive. aiohttp waits for ever for one whose chunks turn out to be broken."""

_WRONG_TYPE = re.compile(r"Expected `(?P<want>[^`]+)`, got `(?P<got>[^`]+)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>[^`]+)`")
_PLACE = re.compile(r"(?P<text>.*?) - at `\$\.?(?P<path>[^`]*)`")
_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})|"
    rb"(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_NAMES = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}


def bad_request(message: str, *, param: str | None = None, hint: str = "") -> RouterError:
    return RouterError("invalid_request", message, param=param or None, hint=hint)


async def read_body(request: web.BaseRequest, limit: int) -> bytes:
    """The whole body. The application's ``client_max_size`` counts while reading, for chunked bodies; ``limit`` turns
    away a body that announces its size before a byte of it is read.

    Compressed bodies are refused: no known client sends them, and a small one can keep the loop busy for seconds.
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RouterError(
            "invalid_request",
            "The request body is compressed, which this router does not take.",
            param="Content-Encoding",
            hint="Send plain JSON without a Content-Encoding header.",
            status=415,
        )
    announced = request.headers.get("Content-Length")
    if announced is not None and announced.isdecimal() and int(announced) > limit:
        raise too_large(limit)
    try:
        if request.content.is_eof():
            body = await request.read()
        else:
            async with asyncio.timeout(PATIENCE):
                body = await request.read()
    except TimeoutError as error:
        raise RouterError(
            "invalid_request",
            f"The request body did not arrive within {PATIENCE:.0f} s.",
            hint="Send it whole: its headers promised more, or its chunks are broken.",
            status=408,
        ) from error
    except web.HTTPRequestEntityTooLarge as error:
        raise too_large(limit) from error
    except web.RequestPayloadError as error:
        raise bad_request(
            "The request body could not be read as its headers announce it.",
            hint="Send plain JSON with a Content-Length.",
        ) from error
    if len(body) > limit:
        raise too_large(limit)
    return body


def too_large(limit: int) -> RouterError:
    size = f"{limit / (1 << 20):g} MB" if limit >= 1 << 20 else f"{limit} bytes"
    return RouterError(
        "body_too_large",
        f"The request body is larger than {size}, the most that this router takes.",
        hint="Send less text or smaller images, or raise ROUTER_MAX_BODY_MB.",
    )


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode JSON, or say what is wrong with it and where."""
    if not body:
        raise bad_request("The request body is empty.", hint="Send a JSON object.")
    try:
        value = decoder.decode(body)
        if not body.isascii():
            body.decode()  # msgspec does not look into the strings that it skips
    except msgspec.ValidationError as error:
        raise _unknown(str(error), decoder.type) or _wrong_type(str(error)) from error
    except msgspec.DecodeError as error:
        raise _malformed(body, str(error)) from error
    except UnicodeDecodeError as error:
        raise bad_request("The request body is not valid UTF-8.", hint="Encode the JSON as UTF-8.") from error
    except RecursionError as error:
        raise bad_request("The request body is nested too deeply.", hint="Flatten the JSON.") from error
    return value


def _malformed(body: bytes, detail: str) -> RouterError:
    if _lone_surrogate(body):
        return bad_request(
            "A string in the request body holds half of a surrogate pair, which is no character.",
            hint="Send whole characters: both halves of the pair, or the character itself.",
        )
    if detail == "Input data was truncated":
        return bad_request("The request body is broken JSON: it ends early.", hint="Send one complete JSON object.")
    reason = detail.removeprefix("JSON is malformed: ")
    return bad_request(f"The request body is broken JSON: {reason}.", hint="Send one complete JSON object.")


def _lone_surrogate(body: bytes) -> bool:
    return b"\\u" in body and _SURROGATE.search(body) is not None


def _unknown(detail: str, kind: object) -> RouterError | None:
    """A field that is none, and what may have been meant; None where something else is wrong."""
    match = _UNKNOWN.fullmatch(detail)
    if match is None:
        return None
    name, known = match["name"], getattr(kind, "__struct_encode_fields__", ())
    near = get_close_matches(name, known, 1, 0.6)
    hint = f"Did you mean {near[0]!r}?" if near else f"The fields are {', '.join(known)}."
    return bad_request(f"There is no field {name[:80]!r}.", param=name[:80], hint=hint)


def _wrong_type(detail: str) -> RouterError:
    """Say in words what msgspec found: the field's path, what it must be and what it is."""
    if match := _MISSING.fullmatch(detail):
        path = ".".join(filter(None, (match["path"], match["name"])))
        return bad_request(f"The field {path!r} is missing.", param=path, hint=f"Add {path!r} to the request.")
    if match := _WRONG_TYPE.fullmatch(detail):
        path = match["path"] or ""
        wants = " or ".join(_NAMES.get(word, word) for word in match["want"].split(" | ") if word != "null")
        got = _NAMES.get(match["got"], match["got"])
        what = f"The field {path!r}" if path else "The request body"
        return bad_request(f"{what} must be {wants}, not {got}.", param=path, hint="Correct its type.")
    match = _PLACE.fullmatch(detail)
    text, path = (match["text"], match["path"]) if match else (detail, "")
    what = f"The field {path!r} is not valid" if path else "The request body is not valid"
    return bad_request(f"{what}: {text}.", param=path, hint="Correct its value.")
