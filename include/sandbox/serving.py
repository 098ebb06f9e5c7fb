"""The HTTP base of both sandbox servers: routing under controls, and a server that can break connections."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from email.utils import format_datetime
from typing import Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from include.sandbox.calls import OpenCall
from include.sandbox.control_api import PREFIX, StateApi, control_routes
from include.sandbox.controls import Controls
from include.sandbox.exchange import CONNECTION, Connection, Exchange

__all__ = ["Admit", "Controls", "StateApi", "serve", "with_controls"]

UNROUTED = "(no route)"
KEEP_ALIVE_SECONDS = 75

IsWrite = Callable[[str, str], bool]
Admit = Callable[[int], Response | None]
"""Decides on arrival, given the number of calls in flight with this one; an answer turns the call away."""


def with_controls(
    routes: list[Route],
    *,
    controls: Controls,
    state: StateApi,
    is_write: IsWrite,
    admit: Admit | None = None,
) -> Starlette:
    """A vendor's routes with the control API beside them.

    Each call of a vendor route is counted, may be turned away by `admit`, is held back by the latency, and goes wrong
    when a fault rule picks it. Answers carry the sandbox clock in `Date`.

    Args:
        routes: the vendor's routes.
        controls: of this server.
        state: the vendor's store.
        is_write: tells from method and path template whether a call can change the vendor's state.
        admit: turns calls away on arrival.
    """
    controlled = Middleware(UnderControl, routes=routes, controls=controls, is_write=is_write, admit=admit)
    return Starlette(routes=[control_routes(controls, state), *routes], middleware=[controlled])


class Listening(Protocol):
    """Told where the server listens."""

    def __call__(self, port: int, tls_port: int | None = None, /) -> None:
        """With the port of HTTP, and of HTTPS if that is served."""


class UnderControl:
    """ASGI middleware that applies a server's controls to every call outside the control API."""

    def __init__(
        self, app: ASGIApp, *, routes: list[Route], controls: Controls, is_write: IsWrite, admit: Admit | None
    ) -> None:
        self._app = app
        self._is_write = is_write
        self._routes = routes
        self._controls = controls
        self._admit = admit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one call."""
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        template = path_template(self._routes, scope)
        write = self._is_write(scope["method"], template)
        with self._controls.calls.open(scope["method"], template, write=write) as call:
            await self._controlled(template, scope, receive, self._observed(send, call))

    async def _controlled(self, template: str, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._admit(self._controls.calls.in_flight) if self._admit else None
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        delay = self._controls.next_delay()
        if delay:
            await asyncio.sleep(delay)
        fault = self._controls.faults.pick(scope["method"], template)
        if fault is not None:
            await fault.inject(Exchange(self._app, scope, receive, send, now=self._controls.now))
        else:
            await self._app(scope, receive, send)

    def _observed(self, send: Send, call: OpenCall) -> Send:
        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                call.failed = message["status"] >= 400
                headers = list(message.get("headers", ()))
                if not any(name == b"date" for name, _ in headers):
                    headers.append((b"date", format_datetime(self._controls.now(), usegmt=True).encode()))
                message = {**message, "headers": headers}
            await send(message)

        return observed


def path_template(routes: list[Route], scope: Scope) -> str:
    """The path template of the route that will take this request, as it is written in the route."""
    partial: BaseRoute | None = None
    for route in routes:
        match, _ = route.matches(scope)
        if match is Match.FULL:
            return route.path
        if match is Match.PARTIAL and partial is None:
            partial = route
    return partial.path if isinstance(partial, Route) else UNROUTED


class BreakableProtocol(HttpToolsProtocol):
    """Puts the TCP connection into each request's scope, so that a fault can break it."""

    def on_message_begin(self) -> None:
        """Begins a request."""
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: Connection(self.transport)}  # type: ignore[dict-item]  # ours, not ASGI's


class AnnouncingServer(uvicorn.Server):
    """Tells its ports as soon as it listens; with TLS it listens on a free port more."""

    def __init__(self, config: uvicorn.Config, listening: Listening, tls: ssl.SSLContext | None) -> None:
        super().__init__(config)
        self._listening = listening
        self._tls = tls

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts listening."""
        await super().startup(sockets)
        if self._tls is not None:
            loop = asyncio.get_running_loop()
            self.servers.append(await loop.create_server(self._protocol, self.config.host, 0, ssl=self._tls))
        self._listening(*(server.sockets[0].getsockname()[1] for server in self.servers))

    def _protocol(self) -> asyncio.Protocol:
        return BreakableProtocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def serve(
    app: Starlette,
    host: str,
    port: int,
    *,
    listening: Listening = lambda _port, _tls_port=None: None,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT.

    Args:
        app: what `with_controls` made.
        host: the address to bind.
        port: the port; 0 takes a free one.
        listening: called once connections are accepted.
        tls: serve HTTPS too, on a free port of its own.

    Raises:
        SystemExit: the port is taken.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BreakableProtocol,
        ws="none",
        lifespan="off",
        proxy_headers=False,
        date_header=False,
        server_header=False,
        access_log=False,
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
    )
    AnnouncingServer(config, listening, tls).run()
