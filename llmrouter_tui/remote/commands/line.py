"""How commands reach a router that runs elsewhere."""

from collections.abc import Mapping
from typing import TypeVar

import httpx
import msgspec

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.remote.link import open_client, out_of_reach, refused, root_of

T = TypeVar("T")


class Commands:
    """The line to a router at ``url``, as the commands of every subject use it."""

    def __init__(
        self, url: str, *, key: str = "", readonly: bool = False, client: httpx.AsyncClient | None = None
    ) -> None:
        self.root = root_of(url)
        self.readonly = readonly
        self._client = client or open_client(self.root, key)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _get(
        self, path: str, decoder: msgspec.json.Decoder[T], params: Mapping[str, str | list[str]] | None = None
    ) -> T:
        return self._read(await self._send("GET", path, params=params), decoder)

    async def _command(self, method: str, path: str, body: object = None, *, timeout: float | None = None) -> bytes:
        self._may_command()
        return await self._send(method, path, body=body, timeout=timeout)

    def _may_command(self) -> None:
        if self.readonly:
            raise RouterError(
                "forbidden",
                f"This watch of {self.root} is read-only: nothing was sent.",
                hint="Start it without --readonly to command the router.",
            )

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
