"""``GET /admin/export``: what is on record, a line for each record, newest first.

What people and models said is left out unless it is asked for: who looks for what went wrong, or counts, needs the
figures and may hand them on.
"""

import asyncio
import math
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final, cast

import msgspec
from aiohttp import web

from llmrouter_tui.core import export
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.export import ONLY_EXCHANGES, WHAT, Record, What
from llmrouter_tui.core.ports.control import Control
from llmrouter_tui.core.ranking import to_plain
from llmrouter_tui.proxy.admin.asked import filter_of, flag, span_of
from llmrouter_tui.proxy.admin.history import SLICE
from llmrouter_tui.proxy.admin.table import BACK, FILTERED, FLAG, STORED, shows
from llmrouter_tui.proxy.bodies import bad_request
from llmrouter_tui.proxy.live import Live
from llmrouter_tui.proxy.operation import LINES, TABLE, Operation, Parameter
from llmrouter_tui.proxy.replies import error_json, request_id_of
from llmrouter_tui.proxy.stream import ClientGoneError, gone, open_stream

FORMATS: Final = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
_ENCODER: Final = msgspec.json.Encoder(enc_hook=to_plain)


class Export:
    """The handler."""

    def __init__(self, control: Control, live: Live) -> None:
        self._control = control
        self._live = live

    async def lines(self, request: web.Request) -> web.StreamResponse:
        """``?what=ratings`` tells of something else than exchanges, of which ``?filter=task:code`` tells of some;
        ``?format=csv`` in a table, ``?since=7d`` goes back so far, ``?texts=true`` keeps prompts, answers and comments
        as far as they are stored. A last line ``{"error": …}`` says that it is not complete; a table that is not is cut
        off."""
        what = cast(What, one_of(request, "what", export.WHAT))
        form, texts, span = (
            one_of(request, "format", tuple(FORMATS)),
            flag(request, "texts"),
            span_of(request, default=None),
        )
        oldest = -math.inf if span is None else time.time() - span
        query = filter_of(request)
        if query and what != "exchanges":
            raise bad_request(ONLY_EXCHANGES, param="filter", hint="Leave out what, or filter.")
        task = self._live.enter()
        response: web.StreamResponse | None = None
        try:
            found = export.pages(self._control, what, oldest=oldest, texts=texts, query=query)
            async with aclosing(found) as pages:
                first = await anext(pages, ())  # a failure still has a status of its own
                response = await open_stream(request, _headers(request, what, form))
                names = export.columns(what, texts=texts) if form == "csv" else []
                if names:
                    await response.write(export.table([names]).encode())
                await _write(response, first, names)
                async for page in pages:
                    await _write(response, page, names)
            return response
        except (ClientGoneError, ConnectionError):
            return response or gone()
        except RouterError as error:
            if response is None:
                raise
            await _break_off(request, response, error, form)
            return response
        except asyncio.CancelledError:
            if not self._live.ending or response is None:
                raise
            return response
        finally:
            self._live.leave(task)

    def operations(self) -> Sequence[Operation]:
        only = replace(FILTERED, about="Those exchanges that it admits; of other records there is no filter.")
        all_since = Parameter("since", "How far to go back; all without it.", BACK)
        texts = Parameter("texts", "Whether to keep what was said, as far as it is stored.", FLAG)
        lines = (
            "All of them, newest first, one in a line: an Exchange, Feedback, Grade, Result or Vote. A last line with "
            "an error says that it is not all; a table that is not all is cut off."
        )
        kind = Parameter("what", "Which records.", {"type": "string", "enum": list(WHAT), "default": WHAT[0]})
        form = Parameter(
            "format", "Lines of JSON, or a table.", {"type": "string", "enum": [*FORMATS], "default": "jsonl"}
        )
        return (
            replace(
                shows(
                    "export", self.lines, lines, query=(kind, form, all_since, texts, only), media=LINES, faults=STORED
                ),
                also=TABLE,
            ),
        )


async def _write(response: web.StreamResponse, records: Sequence[Record], names: Sequence[str]) -> None:
    """As a table where it has ``names``."""
    for start in range(0, len(records), SLICE):
        some = records[start : start + SLICE]
        if names:
            data = export.table(export.row(record, names) for record in some).encode("utf-8", "replace")
        else:
            data = _ENCODER.encode_lines(some)
        await response.write(data)
        await asyncio.sleep(0)


async def _break_off(request: web.Request, response: web.StreamResponse, error: RouterError, form: str) -> None:
    if form == "jsonl":
        await response.write(error_json(error) + b"\n")
    elif request.transport is not None:
        request.transport.abort()


def _headers(request: web.Request, what: str, form: str) -> dict[str, str]:
    return {
        "Content-Type": FORMATS[form],
        "Content-Disposition": f'attachment; filename="{what}.{form}"',
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
        "x-request-id": request_id_of(request),
    }


def one_of(request: web.Request, name: str, choices: Sequence[str]) -> str:
    """A parameter that is one of these; the first one without it."""
    given = request.query.get(name, choices[0])
    if given not in choices:
        hint = f"It is one of {', '.join(choices)}."
        raise bad_request(f"The parameter {name!r} is {given[:40]!r}, which is none.", param=name, hint=hint)
    return given
