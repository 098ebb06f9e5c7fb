"""One HTTP exchange that can be carried out, altered, delayed or broken off."""

import asyncio
import math
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONNECTION = "sandbox.connection"  # the key in the ASGI scope's extensions
KEPT_HEADERS = frozenset({b"authorization", b"host"})


@dataclass(frozen=True, slots=True)
class Connection:
    """The TCP connection under a request."""

    transport: asyncio.Transport

    def reset(self) -> None:
        """Ends the connection with an RST, so that the client sees "connection reset"; one that is gone stays gone."""
        if self.transport.is_closing():
            return
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def close(self) -> None:
        """Ends the connection in order once everything written so far is sent."""
        self.transport.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: status, headers (lower-case names), body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], body: bytes) -> "Answer":
        """An answer with the body's length among its headers."""
        raw = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
        return cls(status, raw, b"").with_body(body)

    def with_body(self, body: bytes) -> "Answer":
        """The same with another body and its length."""
        return replace(self, body=body).with_header("content-length", str(len(body)))

    def with_header(self, name: str, value: str) -> "Answer":
        """The same with one header set."""
        key = name.lower().encode()
        kept = tuple(pair for pair in self.headers if pair[0] != key)
        return replace(self, headers=(*kept, (key, value.encode())))


class Exchange:
    """One request to an ASGI app; the request's body is kept, so that it can be delivered more than once.

    Args:
        app: the vendor's routes.
        scope: of the request.
        receive: gives the request's body.
        send: takes the answer.
        now: tells the sandbox's time.
    """

    def __init__(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, *, now: Callable[[], datetime]
    ) -> None:
        self._app = app
        self.now = now
        self._scope = scope
        self._receive = receive
        self._send = send
        self._body: bytes | None = None

    async def carry_out(self) -> Answer:
        """Lets the app handle the request and keeps its answer."""
        return await self._handled(dict(self._scope), await self._request_body())

    async def other(self, method: str, target: str, body: bytes) -> Answer:
        """Lets the app handle another request with this one's credentials.

        Args:
            method: of the other request.
            target: its path and query.
            body: JSON, or nothing.
        """
        path, _, query = target.partition("?")
        kept = [pair for pair in self._scope["headers"] if pair[0] in KEPT_HEADERS]
        own = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        scope = dict(self._scope) | {
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [*kept, *own],
        }
        return await self._handled(scope, body)

    async def _handled(self, scope: Scope, body: bytes) -> Answer:
        start: dict[str, Any] = {}
        chunks: list[bytes] = []

        delivered = False

        async def receive() -> Message:
            nonlocal delivered
            if delivered:  # a streaming answer listens for the client to leave
                return await self._receive()
            delivered = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                chunks.append(message.get("body", b""))

        await self._app(scope, receive, send)
        headers = tuple((name.lower(), value) for name, value in start.get("headers", ()))
        return Answer(start["status"], headers, b"".join(chunks))

    async def answer(self, answer: Answer) -> None:
        """Sends the answer."""
        await self._start(answer)
        await self._send({"type": "http.response.body", "body": answer.body, "more_body": False})

    async def drip(self, answer: Answer, *, pieces: int, seconds: float) -> None:
        """Sends the answer's body in pieces, spread evenly over some seconds."""
        await self._start(answer)
        size = max(1, math.ceil(len(answer.body) / pieces))
        for begin in range(0, len(answer.body), size):
            await asyncio.sleep(seconds / pieces)
            body = answer.body[begin : begin + size]
            await self._send({"type": "http.response.body", "body": body, "more_body": True})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def answer_then_close(self, answer: Answer, body: bytes) -> None:
        """Sends the answer's head and part of its body, then closes the connection."""
        await self._start(answer)
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
        self._connection().close()
        await self._disconnected()

    async def reset(self) -> None:
        """Resets the connection; an answer is never sent."""
        self._connection().reset()
        await self._disconnected()

    async def wait(self, seconds: float) -> None:
        """Holds the exchange; the request is read first, as a real server would."""
        await self._request_body()
        await asyncio.sleep(seconds)

    async def _start(self, answer: Answer) -> None:
        headers = list(answer.headers)
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})

    def _connection(self) -> Connection:
        connection: Connection = self._scope["extensions"][CONNECTION]
        return connection

    async def _request_body(self) -> bytes:
        if self._body is None:
            chunks, more = [], True
            while more:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                chunks.append(message.get("body", b""))
                more = message.get("more_body", False)
            self._body = b"".join(chunks)
        return self._body

    async def _disconnected(self) -> None:
        # The server logs an error for an exchange that ends without an answer while the connection still stands.
        while (await self._receive())["type"] != "http.disconnect":
            pass
