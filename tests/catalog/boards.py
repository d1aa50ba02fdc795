"""The boards as a server on loopback: answers in the shapes that the real ones have, and misbehaves when told to."""

import asyncio
import json
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from llmrouter_tui.catalog.sync import livebench
from llmrouter_tui.catalog.sync.endpoints import Endpoints

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]

FILLERS = [f"unheard-of-{n}" for n in range(120)]
"""Models that no catalog has: boards list many."""
DAY = "2026-10-02"
TASKS = {
    "Reasoning": ["zebra_puzzle", "spatial"],
    "Coding": ["code_generation"],
    "Agentic Coding": ["python"],
    "Mathematics": ["olympiad", "math_comp"],
    "Data Analysis": ["tablejoin"],
    "Language": ["typos"],
    "IF": ["summarize"],
}


# ── what the boards publish ──


def arena_row(name: str, rating: object, category: str = "overall", **changes: object) -> dict[str, Any]:
    return {
        "model_name": name, "organization": "lab", "license": "Apache 2.0", "rating": rating,
        "rating_lower": 1.0, "rating_upper": 2.0, "variance": 20.1, "vote_count": 4932.0, "rank": 1.0,
        "category": category, "leaderboard_publish_date": DAY,
    } | changes  # fmt: skip


def arena_page(rows: Sequence[Any], total: int, **changes: object) -> dict[str, Any]:
    wrapped = [{"row_idx": n, "row": row, "truncated_cells": []} for n, row in enumerate(rows)]
    page = {"features": [{"feature_idx": 0, "name": "model_name"}], "rows": wrapped, "num_rows_total": total}
    return page | {"num_rows_per_page": 100, "partial": False} | changes


ARENA = [("gemma-3-12b-it", 1340.5), ("qwen3-32b", 1350.0), ("claude-opus-4-5-20251101-thinking-32k", 1490.0)]


def livebench_table(models: Sequence[tuple[str, float]], **cells: str) -> str:
    tasks = [task for names in TASKS.values() for task in names]
    lines = [",".join(["model", *tasks])]
    lines += [",".join([name, *(cells.get(task, str(score)) for task in tasks)]) for name, score in models]
    return "\n".join(lines) + "\n"


def export(rows: Sequence[dict[str, Any]], **changes: object) -> dict[str, Any]:
    return {
        "dataset": "benchmark-leaderboard", "title": "OpenRouter benchmark leaderboard", "schema_version": "v1",
        "snapshot_date": "2026-11-21", "retrieved_at": "2026-11-21T01:45:14.949Z",
        "license": {"name": "CC BY 4.0"}, "columns": [{"name": name} for name in (rows[0] if rows else {})],
        "rows": list(rows),
    } | changes  # fmt: skip


def export_row(model: str, accuracy: object, benchmark: str = "gpqa-diamond", tasks: object = 198) -> dict[str, Any]:
    return {
        "benchmark": benchmark, "model_permaslug": model, "provider_name": "Someone", "accuracy": accuracy,
        "accuracy_std_dev": None, "tasks": tasks,
    }  # fmt: skip


def listed(name: str, **changes: object) -> dict[str, Any]:
    return {
        "id": name, "name": name, "reasoning": False, "tool_call": True, "open_weights": True,
        "modalities": {"input": ["text"], "output": ["text"]}, "limit": {"context": 32768, "output": 8192},
    } | changes  # fmt: skip


def analysis_row(slug: str, intelligence: object = 30.5, **changes: object) -> dict[str, Any]:
    evaluations = {"artificial_analysis_intelligence_index": intelligence, "artificial_analysis_coding_index": None}
    return {"id": "2dad", "name": slug, "slug": slug, "evaluations": evaluations, "pricing": {}} | changes


def analysis_page(rows: Sequence[Any], page: int, pages: int, version: str = "4.1") -> dict[str, Any]:
    pagination = {"page": page, "page_size": 200, "total_pages": pages, "has_more": page < pages}
    return {"tier": "free", "intelligence_index_version": version, "pagination": pagination, "data": list(rows)}


# ── the server ──


class Boards:
    """``tell`` puts a behaviour before the right answer of a path, once or several times; ``seen`` counts requests
    by path, ``headers`` holds the last ones."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.headers: dict[str, dict[str, str]] = {}
        self.queries: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        self.arena = dict.fromkeys(("text_style_control", "vision_style_control"), ARENA)
        self.exports = export([export_row("qwen/qwen3-32b", 0.61), *(export_row(f, 0.5) for f in FILLERS)])
        self.tables = {edition: livebench_table([("qwen3-32b", 61.5), *((f, 40.0) for f in FILLERS[:20])])
                       for edition in livebench.EDITIONS}  # fmt: skip
        self.models: Any = {name: listed(name) for name in ("alibaba/qwen3-32b", *FILLERS)}
        self.analysis = [analysis_row("qwen3-32b-instruct-reasoning"), *map(analysis_row, FILLERS)]
        self.etags = True
        self.version = "1"
        self._told: defaultdict[str, deque[Behaviour]] = defaultdict(deque)
        self.url = ""

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(*(f"{self.url}/{name}" for name in ("hf", "or", "lb", "md", "aa")))

    def tell(self, path: str, behaviour: Behaviour, times: int = 1) -> None:
        self._told[path].extend([behaviour] * times)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        self.seen[path] += 1
        self.headers[path] = dict(request.headers)
        self.queries[path].append(dict(request.query))
        if self._told[path]:
            return await self._told[path].popleft()(request)
        found = self._right(path, request)
        if found is None:
            return web.Response(status=404, text="<!doctype html><title>Not found</title>", content_type="text/html")
        etag = f'W/"{self.version}-{request.path_qs}"'
        if self.etags and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        text, kind = (found, "text/csv") if isinstance(found, str) else (json.dumps(found), "application/json")
        return web.Response(text=text, content_type=kind, headers={"ETag": etag} if self.etags else {})

    def _right(self, path: str, request: web.Request) -> Any:
        if path == "/hf/filter":
            return self._arena(request)
        if path == "/or/benchmark-leaderboard/latest.json":
            return self.exports
        if path == "/md/models.json":
            return self.models
        if path == "/aa/language/models/free":
            page = int(request.query["page"])
            return analysis_page(self.analysis[(page - 1) * 60 : page * 60], page, -(-len(self.analysis) // 60))
        for edition, table in self.tables.items():
            if path == f"/lb/table_{edition}.csv":
                return table
            if path == f"/lb/categories_{edition}.json":
                return TASKS
        return None

    def _arena(self, request: web.Request) -> Any:
        query = request.query
        category = query["where"].removeprefix('"category"=\'').removesuffix("'")
        rows = [arena_row(name, rating, category) for name, rating in self.arena[query["config"]]]
        rows += [arena_row(name, 1000.0, category) for name in FILLERS]
        offset, length = int(query["offset"]), int(query["length"])
        assert length <= 100
        return arena_page(rows[offset : offset + length], len(rows))


@asynccontextmanager
async def serving() -> AsyncIterator[Boards]:
    boards = Boards()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", boards.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    boards.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
    try:
        yield boards
    finally:
        await runner.cleanup()


# ── misbehaving ──


def answer(status: int = 200, body: Any = "", **headers: str) -> Behaviour:
    async def behave(request: web.Request) -> web.StreamResponse:
        text, kind = (body, "text/plain") if isinstance(body, str) else (json.dumps(body), "application/json")
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, content_type=kind, headers=given)

    return behave


loading = answer(500, {"error": "The dataset index is loading. Please retry later."})
page_of_html = answer(200, "<!DOCTYPE html><html><body>Just a moment...</body></html>")


async def cut(request: web.Request) -> web.StreamResponse:
    """Promises more than it sends, and hangs up."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "5000"})
    await response.prepare(request)
    await response.write(b'{"rows": [')
    assert request.transport is not None
    request.transport.close()
    return response


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while True:
        await response.write(b" " * 65536)


async def dripping(request: web.Request) -> web.StreamResponse:
    """Never silent for long, never done."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.02)
