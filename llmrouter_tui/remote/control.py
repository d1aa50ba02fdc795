"""``Control`` over HTTP: the admin API of a router that runs elsewhere."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import Decision, Exchange, ExchangePage, Setting
from llmrouter_tui.core.domain import BackendView, ModelView
from llmrouter_tui.core.dossier import Dossier, Listed
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import LogLine
from llmrouter_tui.core.export import RatingPage, What
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.grades import Comparison, GradeFilter, GradePage, JudgeView, Overruled
from llmrouter_tui.core.keys import KeyView, NewKey
from llmrouter_tui.core.ports import FeedbackInput, Rated, Snapshot
from llmrouter_tui.core.profile import Only, Profiles, Result
from llmrouter_tui.core.review import SPAN, Review, said_span
from llmrouter_tui.core.spending import SpendView
from llmrouter_tui.core.sync import SyncedFigure, SyncView
from llmrouter_tui.core.vram import Placement, VramView
from llmrouter_tui.core.whatif import WhatIf
from llmrouter_tui.remote.link import open_client, out_of_reach, refused, root_of

T = TypeVar("T")

_SNAPSHOT = msgspec.json.Decoder(Snapshot)
_PAGE = msgspec.json.Decoder(ExchangePage)
_EXCHANGE = msgspec.json.Decoder(Exchange)
_DECISION = msgspec.json.Decoder(Decision)
_RATINGS = msgspec.json.Decoder(RatingPage)
_FORGOTTEN = msgspec.json.Decoder(Forgotten)
_RATED = msgspec.json.Decoder(Rated)
_MODELS = msgspec.json.Decoder(tuple[ModelView, ...])
_SETTINGS = msgspec.json.Decoder(tuple[Setting, ...])
_SETTING = msgspec.json.Decoder(Setting)
_BACKEND = msgspec.json.Decoder(BackendView)
_KEYS = msgspec.json.Decoder(tuple[KeyView, ...])
_NEW_KEY = msgspec.json.Decoder(NewKey)
_LISTED = msgspec.json.Decoder(tuple[Listed, ...])
_DOSSIERS = msgspec.json.Decoder(tuple[Dossier, ...])
_FIGURES = msgspec.json.Decoder(tuple[SyncedFigure, ...])
_SYNC = msgspec.json.Decoder(SyncView)
_PROFILES = msgspec.json.Decoder(Profiles)
_RESULTS = msgspec.json.Decoder(tuple[Result, ...])
_GRADES = msgspec.json.Decoder(GradePage)
_OVERRULED = msgspec.json.Decoder(Overruled)
_COMPARISONS = msgspec.json.Decoder(tuple[Comparison, ...])
_SPEND = msgspec.json.Decoder(SpendView)
_JUDGE = msgspec.json.Decoder(JudgeView)
_REVIEW = msgspec.json.Decoder(Review)
_WHAT_IF = msgspec.json.Decoder(WhatIf)
_VRAM = msgspec.json.Decoder(VramView)
_PLACEMENT = msgspec.json.Decoder(Placement)
_LOGS = msgspec.json.Decoder(tuple[LogLine, ...])


ERROR_LINE = 65_536
"""Bytes at the end of an export that may be its word of why it is not complete."""
FORGET_SECONDS = 300.0
"""A large database is looked through and written anew."""
COMPARE_SECONDS = 1_800.0
"""A comparison of two models takes as long as a judge needs for some dozen pairs of answers, twice."""


class RemoteControl:
    """Commands for a router at ``url``. Every failure is a ``RouterError``: the router's own, as it was raised
    there, or ``backend_unreachable``. A read-only control refuses commands before anything is sent."""

    def __init__(
        self, url: str, *, key: str = "", readonly: bool = False, client: httpx.AsyncClient | None = None
    ) -> None:
        self.root = root_of(url)
        self.readonly = readonly
        self._client = client or open_client(self.root, key)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def snapshot(self) -> Snapshot:
        return await self._get("snapshot", _SNAPSHOT)

    async def exchanges(self, *, before: str | None = None, limit: int = 100, text: str = "") -> ExchangePage:
        params = {"limit": str(limit)}
        if before is not None:
            params["before"] = before
        if text:
            params["text"] = text
        return await self._get("exchanges", _PAGE, params)

    async def exchange(self, exchange_id: str) -> Exchange:
        return await self._get(f"exchanges/{quote(exchange_id, safe='')}", _EXCHANGE)

    async def explain(self, prompt: str | ChatRequest, *, model: str = "auto", client: str = "") -> Decision:
        """Explaining is pure: a read-only control may ask. A request is sent as its body stands."""
        body = {"prompt": prompt, "model": model} if isinstance(prompt, str) else msgspec.Raw(prompt.body)
        params = {"client": client} if client else None
        return self._read(await self._send("POST", "explain", params=params, body=body), _DECISION)

    async def rate(self, feedback: FeedbackInput) -> Rated:
        kinds = {"rating": feedback.rating, "stars": feedback.stars, "score": feedback.score}
        body: dict[str, object] = {name: value for name, value in kinds.items() if value is not None}
        body |= {
            "exchange_id": feedback.exchange_id,
            "reasons": feedback.reasons,
            "comment": feedback.comment,
            "clear": feedback.clear,
        }
        return self._read(await self._command("POST", "rate", body), _RATED)

    async def ratings(self, *, before: str | None = None, limit: int = 100) -> RatingPage:
        params = {"limit": str(limit)} | ({} if before is None else {"before": before})
        return await self._get("ratings", _RATINGS, params)

    async def export(self, what: What, *, form: str, since: str, texts: bool) -> AsyncIterator[bytes]:
        """What is on record, as it comes. Raises ``RouterError``, also where it breaks off."""
        params = {"what": what, "format": form, "since": since, "texts": str(texts).lower()}
        last = b""
        try:
            async with self._client.stream("GET", "/admin/export", params=params) as response:
                if not response.is_success:
                    await response.aread()
                    raise refused(self.root, response)
                async for data in response.aiter_raw():
                    last = (last + data)[-ERROR_LINE:]
                    yield data
        except httpx.TransportError as error:
            raise out_of_reach(self.root, error) from error
        if form == "jsonl" and last.rpartition(b"\n")[0].rpartition(b"\n")[2].startswith(b'{"error":'):
            words = "it is not complete: the router broke it off, and says why in its last line"
            raise RouterError("storage_unavailable", words, retryable=True)

    async def forget(self, wanted: Forget) -> Forgotten:
        if wanted.exchange:
            path = f"exchanges/{quote(wanted.exchange, safe='')}/text"
        else:
            path = f"texts?session={quote(wanted.session, safe='')}" if wanted.session else "texts?all=true"
        return self._read(await self._command("DELETE", path, timeout=FORGET_SECONDS), _FORGOTTEN)

    async def models(self) -> Sequence[ModelView]:
        return await self._get("models", _MODELS)

    async def load(self, model: str) -> None:
        await self._act(model, "load")

    async def unload(self, model: str, *, force: bool = False) -> None:
        await self._act(model, "unload?force=true" if force else "unload")

    async def pin(self, model: str, pinned: bool) -> None:
        await self._act(model, "pin" if pinned else "unpin")

    async def vram(self) -> VramView:
        return await self._get("vram", _VRAM)

    async def plan(self, model: str, *, context_length: int | None = None) -> Placement:
        """Asking changes nothing: a read-only control may."""
        params = None if context_length is None else {"context_length": str(context_length)}
        return await self._get(f"models/{quote(model, safe='/:')}/plan", _PLACEMENT, params)

    async def clear_vram(self) -> None:
        await self._command("POST", "vram/clear")

    async def release_vram(self) -> None:
        await self._command("POST", "vram/release")

    async def enable(self, model: str, enabled: bool) -> None:
        await self._act(model, "enable" if enabled else "disable")

    async def match(self, model: str, entry: str) -> None:
        await self._command("POST", f"models/{quote(model, safe='/:')}/match", {"id": entry or None})

    async def settings(self) -> Sequence[Setting]:
        return await self._get("settings", _SETTINGS)

    async def set_setting(self, key: str, value: object) -> Setting:
        return self._read(await self._command("POST", "settings", {"key": key, "value": value}), _SETTING)

    async def keys(self) -> tuple[KeyView, ...]:
        return await self._get("keys", _KEYS)

    async def add_key(
        self,
        name: str,
        *,
        models: Sequence[str] = (),
        rpm: int | None = None,
        tpm: int | None = None,
        concurrent: int | None = None,
    ) -> NewKey:
        body = {"name": name, "models": list(models), "rpm": rpm, "tpm": tpm, "concurrent": concurrent}
        return self._read(await self._command("POST", "keys", body), _NEW_KEY)

    async def revoke_key(self, name: str) -> None:
        await self._command("DELETE", f"keys/{quote(name, safe='')}")

    async def what_if(self, preference: float) -> WhatIf:
        """Asking changes nothing: a read-only control may."""
        return await self._get("preference/what-if", _WHAT_IF, {"value": repr(preference)})

    async def review(self, span: float | None = SPAN) -> Review:
        return await self._get("review", _REVIEW, {"since": said_span(span)})

    async def reload(self) -> Sequence[Setting]:
        return self._read(await self._command("POST", "reload"), _SETTINGS)

    async def retry_backend(self, name: str) -> None:
        await self._command("POST", f"backends/{quote(name, safe='')}/retry")

    async def add_backend(self, kind: str, url: str, name: str = "") -> BackendView:
        body = {"kind": kind, "url": url, "name": name}
        return self._read(await self._command("POST", "backends", body), _BACKEND)

    async def remove_backend(self, name: str) -> None:
        await self._command("DELETE", f"backends/{quote(name, safe='')}")

    async def enable_backend(self, name: str, enabled: bool) -> BackendView:
        act = "enable" if enabled else "disable"
        return self._read(await self._command("POST", f"backends/{quote(name, safe='')}/{act}"), _BACKEND)

    async def fetch_starter(self) -> None:
        await self._command("POST", "starter")

    async def cancel_fetch(self) -> None:
        await self._command("DELETE", "starter")

    async def sync(self, sources: Sequence[str] = ()) -> None:
        await self._command("POST", "sync", {"sources": list(sources)})

    async def cancel_sync(self) -> None:
        await self._command("DELETE", "sync")

    async def sync_view(self) -> SyncView:
        return await self._get("sync", _SYNC)

    async def profile(
        self, models: Sequence[str] = (), *, quick: bool = True, again: bool = False, only: Only = ""
    ) -> None:
        body = {"models": list(models), "quick": quick, "again": again, "only": only}
        await self._command("POST", "reprofile", body)

    async def cancel_profile(self) -> None:
        await self._command("DELETE", "reprofile")

    async def profiles(self) -> Profiles:
        return await self._get("profiles", _PROFILES)

    async def profile_results(self, model: str) -> tuple[Result, ...]:
        return await self._get("profiles", _RESULTS, {"model": model})

    async def grades(self, wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        names = ("model", "task", "judge", "subject", "ref")
        params: dict[str, str] = {name: said for name in names if (said := getattr(wanted, name))}
        params |= {"disagree": "true"} if wanted.disagree else {}
        params |= {} if wanted.failed is None else {"failed": "true" if wanted.failed else "false"}
        params |= {} if before is None else {"before": before}
        return await self._get("grades", _GRADES, params | {"limit": str(limit)})

    async def grade(self, subject: str, ref: str, model: str = "", *, judge: str = "") -> None:
        await self._command("POST", "grades", {"subject": subject, "ref": ref, "model": model, "judge": judge})

    async def overrule(self, grade_id: str, mark: float | None) -> Overruled:
        path = f"grades/{quote(grade_id, safe='')}/overrule"
        return self._read(await self._command("POST", path, {"mark": mark}), _OVERRULED)

    async def pause_judge(self, paused: bool) -> None:
        await self._command("POST", "judge", {"paused": paused})

    async def compare(self, first: str, second: str, task: str = "") -> tuple[Comparison, ...]:
        body = {"first": first, "second": second, "task": task}
        return self._read(await self._command("POST", "judge/compare", body, timeout=COMPARE_SECONDS), _COMPARISONS)

    async def comparisons(self, *, limit: int = 1000) -> tuple[Comparison, ...]:
        return await self._get("judge/compare", _COMPARISONS, {"limit": str(limit)})

    async def judge_view(self) -> JudgeView:
        return await self._get("judge", _JUDGE)

    async def spend(self) -> SpendView:
        return await self._get("spend", _SPEND)

    async def catalog(self) -> Sequence[Listed]:
        return await self._get("catalog", _LISTED)

    async def known(self, entries: Sequence[str]) -> tuple[Dossier, ...]:
        return await self._get("catalog", _DOSSIERS, {"id": list(entries)}) if entries else ()

    async def figures(self, models: Sequence[str]) -> tuple[SyncedFigure, ...]:
        return await self._get("benchmarks", _FIGURES, {"model": list(models)}) if models else ()

    async def listen(self, port: int) -> None:
        await self._command("POST", "listen", {"port": port})

    async def logs(self, *, limit: int = 500) -> Sequence[LogLine]:
        return await self._get("logs", _LOGS, {"limit": str(limit)})

    async def shutdown(self) -> None:
        await self._command("POST", "shutdown")

    async def _act(self, model: str, action: str) -> None:
        await self._command("POST", f"models/{quote(model, safe='/:')}/{action}")

    async def _get(
        self, path: str, decoder: msgspec.json.Decoder[T], params: Mapping[str, str | list[str]] | None = None
    ) -> T:
        return self._read(await self._send("GET", path, params=params), decoder)

    async def _command(self, method: str, path: str, body: object = None, *, timeout: float | None = None) -> bytes:
        if self.readonly:
            raise RouterError(
                "forbidden",
                f"This watch of {self.root} is read-only: nothing was sent.",
                hint="Start it without --readonly to command the router.",
            )
        return await self._send(method, path, body=body, timeout=timeout)

    async def _send(
        self, method: str, path: str, *, params: Mapping[str, str | list[str]] | None = None, body: object = None,
        timeout: float | None = None,
    ) -> bytes:  # fmt: skip
        """``timeout``: seconds until an answer must be there, where that is not the usual time."""
        content = None if body is None else msgspec.json.encode(body)
        headers = {} if content is None else {"Content-Type": "application/json"}
        try:
            response = await self._client.request(
                method,
                f"/admin/{path}",
                params=params,
                content=content,
                headers=headers,
                timeout=httpx.USE_CLIENT_DEFAULT if timeout is None else timeout,
            )
        except httpx.TransportError as error:
            raise out_of_reach(self.root, error) from error
        if not response.is_success:
            raise refused(self.root, response)
        return response.content

    def _read(self, body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
        try:
            return decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RouterError(
                "backend_error",
                f"The router at {self.root} answers in a form that this version does not read: {error}.",
                hint="Run the same version of llmrouter-tui on both machines.",
            ) from error
