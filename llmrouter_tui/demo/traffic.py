"""Sample traffic: the requests that a household's chat UI, editors and scripts would send to the router."""

import asyncio
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from llmrouter_tui.core.decision import REASONS
from llmrouter_tui.demo.cast import EVERYONE
from llmrouter_tui.demo.picture import chart
from llmrouter_tui.demo.texts.prompts import CLIENTS, SCENARIOS, Scenario

MEAN_PAUSE = 2.6
"""Seconds between conversations on average, outside bursts: with follow-ups and tools about 30 requests a minute."""
BURST = 0.05
"""Chance that a conversation comes with two to four others at once."""
MOST_AT_ONCE = 6
"""Conversations under way at most; beyond that nobody new begins."""
READING = (2.0, 7.0)
"""Seconds a person reads before the next turn."""
LEAVES = 0.03
"""Chance that a person stops an answer in the middle."""
BEGINS = 1 / 8
"""Share of conversations that begin while models are measured or answers judged: both wait for everybody else, and who
looks at the demo would wait for their end."""
RATES = 0.16
"""Chance that a person rates an answer."""
GIVE_UP = 240.0
"""Seconds after which a client stops waiting."""

TOOLS: Mapping[str, Mapping[str, Any]] = {
    "get_weather": {
        "description": "The weather forecast for a place and a day",
        "parameters": {
            "type": "object",
            "properties": {"place": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
            "required": ["place"],
        },
    },
    "add_event": {
        "description": "Add an event to the calendar",
        "parameters": {
            "type": "object",
            "properties": {"title": {"type": "string"}, "date": {"type": "string"}, "time": {"type": "string"}},
            "required": ["title", "date"],
        },
    },
    "search_files": {
        "description": "Search the text of all files in the project",
        "parameters": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
    },
}
RESULTS = {
    "get_weather": {"place": "Lisbon", "sky": "mostly sunny", "high_celsius": 19, "low_celsius": 12},
    "add_event": {"status": "added", "title": "dentist", "starts": "2026-12-09 14:30"},
    "search_files": {"file": "proxy/errors.py", "line": 41, "text": "headers['Retry-After'] = str(retry_after)"},
}
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "order": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "quantity": {"type": "integer"},
            "date": {"type": "string"},
            "email": {"type": "string"},
        },
        "required": ["name", "quantity"],
    },
    "sentiment": {
        "type": "object",
        "properties": {"sentiment": {"type": "string", "enum": ["mixed", "negative", "positive"]}},
        "required": ["sentiment"],
    },
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back: the assistant's message, and who gave it. ``message`` is None if nothing usable came."""

    message: Mapping[str, Any] | None
    exchange: str = ""
    model: str = ""


class Traffic:
    """Sends conversations to one router, at most ``MOST_AT_ONCE`` together. Same seed, same order of questions.

    ``key`` goes with all that is asked; ``pause`` is the mean of seconds between conversations, ``hurry`` divides what
    people spend reading.
    """

    def __init__(
        self, router_url: str, *, key: str = "", seed: int = 0, pause: float = MEAN_PAUSE, hurry: float = 1.0
    ) -> None:
        self._url = router_url.rstrip("/").removesuffix("/v1")
        self._key = {"Authorization": f"Bearer {key}"} if key else {}
        self._random = random.Random(f"traffic:{seed}")
        self._pause = pause
        self._hurry = hurry
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    async def run(self) -> None:
        """Talk until cancelled. A router that is not there yet, or no more, is waited for."""
        timeout = aiohttp.ClientTimeout(total=GIVE_UP)
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=self._key) as session,
            asyncio.TaskGroup() as people,
        ):
            await self._until_up(session)
            scenarios = _shuffled(SCENARIOS, self._random)
            while True:
                for _ in range(self._random.randint(3, 5) if self._random.random() < BURST else 1):
                    await self._room.acquire()
                    people.create_task(self._converse(session, next(scenarios)))
                await self._rest()
                while await self._at_work(session) and self._random.random() > BEGINS:
                    await self._rest()

    async def _rest(self) -> None:
        await asyncio.sleep(min(self._random.expovariate(1 / self._pause), 4 * self._pause))

    async def _at_work(self, session: aiohttp.ClientSession) -> bool:
        """Whether the router measures models just now, or has answers to judge."""
        measuring, judging = await self._told(session, "profiles"), await self._told(session, "judge")
        return bool(measuring.get("run", {}).get("running")) or bool(judging.get("queued"))

    async def _told(self, session: aiohttp.ClientSession, what: str) -> Mapping[str, Any]:
        """What the router says of it; nothing where it does not."""
        try:
            async with session.get(f"{self._url}/admin/{what}") as response:
                told = await response.json()
                return told if response.status == 200 and isinstance(told, dict) else {}
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return {}

    async def _until_up(self, session: aiohttp.ClientSession) -> None:
        while True:
            try:
                async with session.get(f"{self._url}/health") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.5 / self._hurry)

    async def _converse(self, session: aiohttp.ClientSession, scenario: Scenario) -> None:
        """One conversation to its end, or until something goes wrong: people shrug and leave."""
        client = scenario.client or self._random.choice(CLIENTS)
        headers = {"User-Agent": client}
        if client.startswith("Open-WebUI"):
            headers["X-OpenWebUI-Chat-Id"] = f"{self._random.getrandbits(64):016x}"
        messages: list[Mapping[str, Any]] = []
        if scenario.system:
            messages.append({"role": "system", "content": scenario.system})
        try:
            for number, turn in enumerate(scenario.turns):
                if number:
                    await asyncio.sleep(self._random.uniform(*READING) / self._hurry)
                messages.append({"role": "user", "content": content(turn, scenario)})
                if not await self._turn(session, scenario, headers, messages):
                    return
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return
        finally:
            self._room.release()

    async def _turn(
        self,
        session: aiohttp.ClientSession,
        scenario: Scenario,
        headers: Mapping[str, str],
        messages: list[Mapping[str, Any]],
    ) -> bool:
        """One question and its answer, tools included; whether the conversation can go on."""
        for _ in range(3):
            heard = await self._ask(session, scenario, headers, messages)
            if heard.message is None:
                return False
            messages.append(heard.message)
            calls = heard.message.get("tool_calls") or ()
            if not calls:
                await self._rate(session, scenario, heard)
                return True
            messages.extend(_result(call) for call in calls)
        return False

    async def _ask(
        self,
        session: aiohttp.ClientSession,
        scenario: Scenario,
        headers: Mapping[str, str],
        messages: Sequence[Mapping[str, Any]],
    ) -> Heard:
        body = request_body(scenario, messages)
        patience = self._random.randint(5, 60) if self._random.random() < LEAVES else None
        url = f"{self._url}/v1/chat/completions"
        async with session.post(url, json=body, headers=headers) as response:
            exchange = response.headers.get("x-router-exchange-id", "")
            model = response.headers.get("x-router-model", "")
            if response.status != 200:
                return Heard(None, exchange, model)
            if scenario.stream:
                return Heard(await _listen(response, patience), exchange, model)
            choices = (await response.json()).get("choices") or [{}]
            return Heard(choices[0].get("message"), exchange, model)

    async def _rate(self, session: aiohttp.ClientSession, scenario: Scenario, heard: Heard) -> None:
        """A thumb now and then; who is gifted for the task gets more of them up."""
        actor = EVERYONE.get(heard.model.split("/", 1)[-1])
        if not heard.exchange or actor is None or self._random.random() >= RATES:
            return
        await asyncio.sleep(self._random.uniform(0.5, 2.0) / self._hurry)
        body: dict[str, Any] = {"exchange_id": heard.exchange, "rating": "up"}
        if self._random.random() > actor.likes(scenario.task):
            body["rating"] = "down"
            if self._random.random() < 0.6:
                body["reasons"] = [self._random.choice(REASONS[:3])]
        async with session.post(f"{self._url}/v1/feedback", json=body):
            pass


def _shuffled(items: Sequence[Scenario], rng: random.Random) -> Iterator[Scenario]:
    """All items in random order, again and again, none twice before all had their turn."""
    while True:
        yield from rng.sample(items, len(items))


def content(text: str, scenario: Scenario) -> Any:
    """What a person says, with the picture where there is one."""
    if not scenario.picture:
        return text
    return [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": chart()}}]


def request_body(scenario: Scenario, messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What its client sends."""
    body: dict[str, Any] = {"model": scenario.model, "messages": list(messages), "stream": scenario.stream}
    if scenario.tools:
        body["tools"] = [{"type": "function", "function": {"name": name, **TOOLS[name]}} for name in scenario.tools]
    if scenario.shape == "json":
        body["response_format"] = {"type": "json_object"}
    elif scenario.shape:
        schema = {"name": scenario.shape, "schema": SHAPES[scenario.shape]}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if scenario.max_tokens:
        body["max_tokens"] = scenario.max_tokens
    return body


def _result(call: Mapping[str, Any]) -> dict[str, Any]:
    name = (call.get("function") or {}).get("name", "")
    return {"role": "tool", "tool_call_id": call.get("id", ""), "content": json.dumps(RESULTS.get(name, {}))}


async def _listen(response: aiohttp.ClientResponse, patience: int | None) -> Mapping[str, Any] | None:
    """The message that a stream adds up to; None if it broke, or the person left after ``patience`` events."""
    text, done, seen = "", False, 0
    calls: list[Mapping[str, Any]] = []
    async for raw in response.content:
        line = raw.decode(errors="replace").strip()
        if not line.startswith("data:"):
            continue
        if line == "data: [DONE]":
            done = True
            break
        event = json.loads(line[5:])
        if "error" in event:
            return None
        seen += 1
        if patience is not None and seen > patience:
            return None
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or {}
            text += delta.get("content") or ""
            calls.extend(delta.get("tool_calls") or ())
    if not done:
        return None
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [{key: value for key, value in call.items() if key != "index"} for call in calls]
    return message
