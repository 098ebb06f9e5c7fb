"""The control API under `/_sandbox/`: how tests and benchmarks set up, steer and read one server."""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from functools import wraps
from typing import IO, Any, BinaryIO, Protocol

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from include.sandbox.controls import Controls, SwitchValue
from include.sandbox.fault_kinds import FAULT_LIST
from include.sandbox.latency import Latency

PREFIX = "/_sandbox"
CHUNK_BYTES = 1 << 20


class StateApi(Protocol):
    """What a vendor's store offers to the control API."""

    def export(self) -> Iterator[bytes]:
        """The whole state as JSON, in chunks; the order is fixed, so that equal states give equal bytes."""

    def replace(self, state: BinaryIO) -> None:
        """Forgets everything and loads a state in the shape of `export`.

        Raises:
            ValueError: the JSON or a record in it is not as it should be; the message says where.
        """

    def planted(self) -> dict[str, object]:
        """What bad records the seed planted: kind to number and ids; empty if the state was put."""


class ClockSetting(BaseModel):
    """Body of `PUT /_sandbox/clock`: `now` null is the real time."""

    model_config = ConfigDict(extra="forbid")

    now: datetime | None = None
    frozen: bool = False


SWITCHES: TypeAdapter[dict[str, SwitchValue]] = TypeAdapter(dict[str, SwitchValue])


def control_routes(controls: Controls, state: StateApi) -> Mount:
    """The routes of the control API for one server."""
    api = ControlApi(controls, state)
    return Mount(
        PREFIX,
        routes=[
            Route("/health", api.health, methods=["GET"]),
            Route("/state", api.get_state, methods=["GET"]),
            Route("/state", api.put_state, methods=["PUT"]),
            Route("/digest", api.digest, methods=["GET"]),
            Route("/planted", api.planted, methods=["GET"]),
            Route("/calls", api.calls, methods=["GET", "DELETE"]),
            Route("/clock", api.clock, methods=["GET", "PUT"]),
            Route("/latency", api.latency, methods=["GET", "PUT", "DELETE"]),
            Route("/faults", api.faults, methods=["GET", "PUT", "DELETE"]),
            Route("/switches", api.switches, methods=["GET", "PUT", "DELETE"]),
        ],
    )


def refusing_bad_bodies(endpoint: Any) -> Any:
    """Answers 422 with the reason where an endpoint finds its body wrong."""

    @wraps(endpoint)
    async def checked(self: "ControlApi", request: Request) -> Response:
        try:
            answer: Response = await endpoint(self, request)
        except (ValidationError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        return answer

    return checked


class ControlApi:
    """The endpoints; each answers JSON."""

    def __init__(self, controls: Controls, state: StateApi) -> None:
        self._controls = controls
        self._state = state

    async def health(self, _request: Request) -> Response:
        """Answers as soon as the server serves."""
        return JSONResponse({"status": "ok", "now": self._controls.now().isoformat()})

    async def get_state(self, _request: Request) -> Response:
        """Streams the state as it is at this moment."""
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - the streaming answer closes it
        copy.writelines(self._state.export())
        copy.seek(0)
        return StreamingResponse(_chunks(copy), media_type="application/json")

    async def digest(self, _request: Request) -> Response:
        """The SHA-256 of the state's bytes: equal states have equal ones."""
        whole = hashlib.sha256()
        for chunk in self._state.export():
            whole.update(chunk)
        return JSONResponse({"sha256": whole.hexdigest()})

    @refusing_bad_bodies
    async def put_state(self, request: Request) -> Response:
        """Replaces the state."""
        with tempfile.TemporaryFile() as body:
            async for chunk in request.stream():
                body.write(chunk)
            body.seek(0)
            self._state.replace(body)
        return Response(status_code=204)

    async def planted(self, _request: Request) -> Response:
        """What bad records the seed planted."""
        return JSONResponse(self._state.planted())

    async def calls(self, request: Request) -> Response:
        """The calls since the start or the last DELETE."""
        if request.method == "DELETE":
            self._controls.calls.reset()
            return Response(status_code=204)
        return JSONResponse(self._controls.calls.report())

    @refusing_bad_bodies
    async def clock(self, request: Request) -> Response:
        """Tells or sets the time."""
        clock = self._controls.clock
        if request.method == "PUT":
            setting = ClockSetting.model_validate_json(await request.body())
            clock.set(setting.now, frozen=setting.frozen)
        return JSONResponse({"now": clock.now().isoformat(), "frozen": clock.frozen})

    @refusing_bad_bodies
    async def latency(self, request: Request) -> Response:
        """Tells or sets how long answers are held back."""
        if request.method == "PUT":
            self._controls.set_latency(Latency.model_validate_json(await request.body()))
        elif request.method == "DELETE":
            self._controls.set_latency(Latency())
        return JSONResponse(self._controls.latency.model_dump())

    @refusing_bad_bodies
    async def faults(self, request: Request) -> Response:
        """Tells the fault rules with their counters, replaces or removes them."""
        if request.method == "PUT":
            self._controls.faults.set(list(FAULT_LIST.validate_json(await request.body())))
        elif request.method == "DELETE":
            self._controls.faults.set([])
        return JSONResponse(self._controls.faults.report())

    @refusing_bad_bodies
    async def switches(self, request: Request) -> Response:
        """Tells or sets the behaviours that are assumptions."""
        if request.method == "PUT":
            self._controls.set_switches(SWITCHES.validate_python(orjson.loads(await request.body()), strict=True))
        elif request.method == "DELETE":
            self._controls.set_switches({})
        return JSONResponse(self._controls.switches)


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
