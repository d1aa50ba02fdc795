"""A small server that speaks Anthropic's Messages API, version 2026-10-21, as strictly as the real one."""

import asyncio
import json
import re
from itertools import pairwise
from typing import Any

from aiohttp import web

from tests.backends.servers import ANSWER, DEEP, PROMPT_TOKENS, TOKENS, Json, Server

FIELDS = ("model", "max_tokens", "messages", "system", "stream", "stop_sequences", "tools", "tool_choice", "thinking",
          "metadata", "output_config")  # fmt: skip
BLOCKS = {
    "user": frozenset({"text", "image", "tool_result", "document"}),
    "assistant": frozenset({"text", "thinking", "redacted_thinking", "tool_use"}),
}
THOUGHTS = ("Let me ", "see.")
SIGNATURE = "c2lnbmVk"


def failure(status: int, kind: str, message: str, **details: Any) -> tuple[int, Json]:
    error = {"type": kind, "message": message} | ({"details": details} if details else {})
    return status, {"type": "error", "error": error, "request_id": "req_1"}


def sure(yes: bool) -> Json:
    return {"supported": yes}


class AnthropicServer(Server):
    """Answers ``ANSWER``, or calls the first tool on offer; thinks where it is told to."""

    names = ("claude-test-4", "claude-small-3")

    def __init__(self) -> None:
        super().__init__()
        self.pages = 1000
        """Models on a page of the list, at most."""
        self.errors = {
            "unauthorized": failure(401, "authentication_error", "invalid x-api-key"),
            "missing": failure(404, "not_found_error", "model: claude-test-4"),
            "busy": failure(429, "rate_limit_error", "This request would exceed your rate limit"),
            "overloaded": failure(529, "overloaded_error", "Overloaded"),
            "spent": failure(
                429, "rate_limit_error", "You have reached your limit", error_code="enforced_spend_limit_reached"
            ),
            "unpaid": failure(402, "billing_error", "Your credit balance is too low"),
            "broken": failure(500, "api_error", "Internal server error"),
            "overflow": failure(400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
            "bad": failure(400, "invalid_request_error", "messages: Input should be a valid array"),
        }

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/models", self.models), web.post("/v1/messages", self.messages)]

    async def models(self, request: web.Request) -> web.Response:
        if self.mode == "unauthorized":
            return self.refusal() or web.Response()
        names = list(self.names)
        after = request.query.get("after_id")
        names = names[names.index(after) + 1 :] if after else names
        page = names[: min(self.pages, int(request.query.get("limit", "20")))]
        return web.json_response(
            {
                "data": [self.entry(name) for name in page],
                "has_more": len(page) < len(names),
                "first_id": page[0],
                "last_id": page[-1],
            }
        )

    def entry(self, name: str) -> Json:
        newer = name.endswith("-4")
        types = {
            "adaptive": sure(newer),
            "enabled": sure(not newer),
            "disabled": sure(True),
            "between_tools": sure(newer),
        }
        levels = {level: sure(newer and level != "xhigh") for level in ("low", "medium", "high", "xhigh", "max")}
        return {
            "type": "model",
            "id": name,
            "display_name": name.title(),
            "created_at": "2026-05-01T00:00:00Z",
            "lifecycle": "active",
            "max_input_tokens": 200_000,
            "max_tokens": 64_000 if newer else 8_000,
            "capabilities": {
                "image_input": sure(newer),
                "structured_outputs": sure(newer),
                "thinking": {"supported": True, "types": types},
                "effort": {"supported": newer, **levels},
            },
        }

    async def messages(self, request: web.Request) -> web.StreamResponse:
        asked = self.seen[-1].body
        if refused := self.refusal() or self.wrong(request, asked):
            return refused
        if self.mode == "hang":
            await self.hang()
        if not asked.get("stream"):
            return await self.whole(request, asked)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        if self.mode == "empty":
            return response
        async with self.watching():
            await self.stream(request, response, asked)
        return response

    def wrong(self, request: web.Request, asked: Json) -> web.Response | None:
        """The refusal of a request that the API would not take."""
        why = (
            "" if request.headers.get("anthropic-version") == "2026-10-21" else "anthropic-version: header is required"
        )
        why = why or next((f"{name}: Extra inputs are not permitted" for name in asked if name not in FIELDS), "")
        why = why or next(
            (f"{name}: Field required" for name in ("model", "max_tokens", "messages") if name not in asked), ""
        )
        why = why or self.wrong_turns(asked["messages"])
        thinking = asked.get("thinking", {})
        if thinking.get("type") == "enabled" and not 1024 <= thinking["budget_tokens"] < asked["max_tokens"]:
            why = why or "max_tokens must be greater than thinking.budget_tokens"
        if not why:
            return None
        status, body = failure(400, "invalid_request_error", why)
        return web.json_response(body, status=status)

    def wrong_turns(self, turns: list[Json]) -> str:
        roles = [turn["role"] for turn in turns]
        if not roles or any(a == b for a, b in pairwise(roles)) or set(roles) - BLOCKS.keys():
            return f"messages: roles must alternate, not {roles}"
        for turn in turns:
            for block in turn["content"]:
                if block["type"] not in BLOCKS[turn["role"]]:
                    return f"messages: {block['type']} in a turn of the {turn['role']}"
                if block["type"] == "text" and not block["text"].strip():
                    return "messages: text content blocks must be non-empty"
                ident = block.get("id") or block.get("tool_use_id") or "x"
                if not re.fullmatch(r"[a-zA-Z0-9_-]+", ident):
                    return f"messages: {ident} does not match the pattern of an id"
        last = turns[-1]["content"][-1]
        if roles[-1] == "assistant" and last["type"] == "text" and last["text"] != last["text"].rstrip():
            return "messages: final assistant content cannot end with trailing whitespace"
        return ""

    # ── answers ──

    def usage(self) -> Json:
        return {"input_tokens": PROMPT_TOKENS - 5, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2}

    def thinks(self, asked: Json) -> bool:
        return asked.get("thinking", {}).get("type") in ("enabled", "adaptive")

    def message(self, asked: Json, content: list[Json], stop: str | None, tokens: int) -> Json:
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": asked["model"],
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": self.usage() | {"output_tokens": tokens},
        }

    def reason(self, asked: Json) -> str:
        return "tool_use" if asked.get("tools") and asked.get("tool_choice") != {"type": "none"} else "end_turn"

    async def whole(self, request: web.Request, asked: Json) -> web.Response:
        if self.mode == "empty":
            return web.Response(content_type="application/json")
        if self.mode == "garbage":
            return web.Response(text="{not json", content_type="application/json")
        if self.mode == "deep":
            return web.Response(body=DEEP, content_type="application/json")
        if self.mode == "die":
            assert request.transport is not None
            request.transport.abort()
        async with self.watching():
            await asyncio.sleep(self.pace)
        thought = {"type": "thinking", "thinking": "".join(THOUGHTS), "signature": SIGNATURE}
        content: list[Json] = [thought] if self.thinks(asked) else []
        if self.reason(asked) == "tool_use":
            content.append(
                {"type": "tool_use", "id": "toolu_1", "name": asked["tools"][0]["name"], "input": {"city": "Oslo"}}
            )
        else:
            content.append({"type": "text", "text": ANSWER})
        return web.json_response(self.message(asked, content, self.reason(asked), len(TOKENS)))

    async def send(self, response: web.StreamResponse, name: str, **fields: Any) -> None:
        await response.write(f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n".encode())

    async def block(self, response: web.StreamResponse, index: int, start: Json, deltas: list[Json]) -> None:
        await self.send(response, "content_block_start", index=index, content_block=start)
        for delta in deltas:
            await self.send(response, "content_block_delta", index=index, delta=delta)
            await asyncio.sleep(self.pace)
        await self.send(response, "content_block_stop", index=index)

    async def stream(self, request: web.Request, response: web.StreamResponse, asked: Json) -> None:
        await self.send(response, "message_start", message=self.message(asked, [], None, 1))
        await self.send(response, "ping")
        if self.mode == "late":
            await self.send(response, "error", **failure(529, "overloaded_error", "Overloaded")[1])
            return
        index = 0
        if self.thinks(asked):
            deltas = [{"type": "thinking_delta", "thinking": thought} for thought in THOUGHTS]
            deltas.append({"type": "signature_delta", "signature": SIGNATURE})
            await self.block(response, 0, {"type": "thinking", "thinking": "", "signature": ""}, deltas)
            index = 1
        if self.reason(asked) == "tool_use":
            start = {"type": "tool_use", "id": "toolu_1", "name": asked["tools"][0]["name"], "input": {}}
            parts = [{"type": "input_json_delta", "partial_json": part} for part in ("", '{"city"', ': "Oslo"}')]
            await self.block(response, index, start, parts)
            plain = {"type": "tool_use", "id": "toolu_2", "name": asked["tools"][-1]["name"], "input": {}}
            await self.block(response, index + 1, plain, [])
        else:
            words = [{"type": "text_delta", "text": token} for token in TOKENS]
            if self.mode:
                words = words[:2]
            await self.block(response, index, {"type": "text", "text": ""}, words)
        if await self.trouble(request, response):
            return
        delta = {"stop_reason": self.reason(asked), "stop_sequence": None}
        details = {"thinking_tokens": 2} if self.thinks(asked) else None
        counted = {"output_tokens": len(TOKENS)} | ({"output_tokens_details": details} if details else {})
        await self.send(response, "message_delta", delta=delta, usage=counted)
        if self.mode != "unfinished":
            await self.send(response, "message_stop")

    async def trouble(self, request: web.Request, response: web.StreamResponse) -> bool:
        """Go wrong if the mode says so; whether the stream is over."""
        if self.mode == "die":
            assert request.transport is not None
            request.transport.abort()
        elif self.mode == "error":
            await self.send(response, "error", **failure(500, "api_error", "engine died")[1])
        elif self.mode == "raw":
            await response.write(b"upstream connect error")
        elif self.mode == "garbage":
            await response.write(b'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"\xff\n\n')
        elif self.mode == "deep":
            await response.write(b"event: content_block_delta\ndata: %b\n\n" % DEEP)
        elif self.mode == "stall":
            await asyncio.sleep(30)
        return self.mode in ("die", "error", "raw", "garbage", "deep", "stall", "eof")
