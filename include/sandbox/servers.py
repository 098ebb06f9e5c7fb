"""The two servers: how each is built, filled and started in its own process."""

import json
import ssl
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette

from include.sandbox.controls import Controls
from include.sandbox.serving import serve

SERVERS = ("salesforce", "mailchimp")
HOST = "127.0.0.1"
STATE_SUFFIX = ".sqlite"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says.

    Attributes:
        seed: which world.
        now: where the clock starts; None: the real time.
        world_now: the moment up to which the world has lived; the same for both servers.
        people: how many people the world has.
        state: the folder of the state that survives; None: it does not.
        empty: start without a world.
        ports: by server; 0: a free one.
        plain_org: the org has no person accounts.
        tls: the folder that gets the certificates for HTTPS; None: HTTP only.
    """

    seed: int
    now: datetime | None
    world_now: datetime
    people: int
    state: Path | None
    empty: bool
    ports: Mapping[str, int]
    plain_org: bool = False
    tls: Path | None = None

    def state_file(self, server: str) -> Path | None:
        """The server's SQLite file; its folder exists afterwards."""
        if self.state is None:
            return None
        self.state.mkdir(parents=True, exist_ok=True)
        return self.state / f"{server}{STATE_SUFFIX}"


def run_server(name: str, settings: Settings) -> None:
    """Builds, fills and serves one server until it is told to stop.

    A state file that exists is resumed: the world is not applied again.
    """
    controls = Controls(settings.now)
    app = BUILDERS[name](settings, controls)

    def announce(port: int, tls_port: int | None = None) -> None:
        line = {"server": name, "url": f"http://{HOST}:{port}", "now": controls.now().isoformat(timespec="seconds")}
        if tls_port is not None:
            line["tls_url"] = f"https://{HOST}:{tls_port}"
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    serve(app, HOST, settings.ports[name], listening=announce, tls=_tls(name, settings))


def _tls(name: str, settings: Settings) -> ssl.SSLContext | None:
    if settings.tls is None:
        return None
    from include.sandbox.tls import server_context

    return server_context(HOST, settings.tls / f"{name}.pem")


def _salesforce(settings: Settings, controls: Controls) -> Starlette:
    from include.sandbox.salesforce.app import create_app
    from include.sandbox.salesforce.store import OrgStore

    store = OrgStore(settings.state_file("salesforce"), person_accounts=not settings.plain_org)
    if not settings.empty and not store.remembered("planted", ""):
        from include.sandbox.world import build

        world = build(settings.seed, settings.world_now, settings.people)
        store.load(world.salesforce, now=settings.world_now)
        store.plant(world.planted)
    return create_app(store, controls)


def _mailchimp(settings: Settings, controls: Controls) -> Starlette:
    from include.sandbox.mailchimp.app import create_app
    from include.sandbox.mailchimp.store import AccountStore

    store = AccountStore(settings.state_file("mailchimp"))
    if not settings.empty and store.empty:
        from include.sandbox.world import build

        world = build(settings.seed, settings.world_now, settings.people)
        store.load(world.mailchimp, world.planted)
    return create_app(store, controls)


BUILDERS: Mapping[str, Callable[[Settings, Controls], Starlette]] = {"salesforce": _salesforce, "mailchimp": _mailchimp}
