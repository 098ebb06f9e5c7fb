"""The org served over HTTP in a thread, and clients that think they talk to salesforce.com."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import requests
import uvicorn
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce

from include.sandbox.controls import Controls
from include.sandbox.salesforce import credentials
from include.sandbox.salesforce.app import create_app
from include.sandbox.salesforce.store import OrgStore

START_SECONDS = 10


class ToLoopback(HTTPAdapter):
    """Sends calls of https:// addresses to a port of this machine."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def send(self, request, **kwargs):
        parts = urlsplit(request.url)
        request.headers["Host"] = parts.netloc
        query = f"?{parts.query}" if parts.query else ""
        request.url = f"http://127.0.0.1:{self._port}{parts.path}{query}"
        return super().send(request, **kwargs)


@dataclass
class Served:
    """A served org."""

    store: OrgStore
    controls: Controls
    port: int

    def session(self) -> requests.Session:
        """A session whose https calls reach this org."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", ToLoopback(self.port))
        return session

    def rest(self) -> requests.Session:
        """A session that is logged in."""
        session = self.session()
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials.CONSUMER_KEY,
            "client_secret": credentials.CONSUMER_SECRET,
        }
        token = session.post(f"{credentials.INSTANCE_URL}/services/oauth2/token", form).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        return session


def serve(store: OrgStore, **settings: str) -> Iterator[Served]:
    """Serves a store until the test is over."""
    controls = Controls()
    app = create_app(store, controls, **settings)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield Served(store, controls, listening.getsockname()[1])
        server.should_exit = True
        thread.join(START_SECONDS)
    store.close()


@pytest.fixture(scope="session")
def jwt_keys() -> tuple[str, str]:
    """A throw-away key pair: private and public PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.fixture
def org(jwt_keys: tuple[str, str]) -> Iterator[Served]:
    """A person-account org without people."""
    yield from serve(OrgStore(), jwt_public_key=jwt_keys[1])


@pytest.fixture
def plain_org() -> Iterator[Served]:
    """An org without person accounts."""
    yield from serve(OrgStore(person_accounts=False))


@pytest.fixture
def rest(org: Served) -> requests.Session:
    """A session that is logged in to the person-account org."""
    return org.rest()


@pytest.fixture
def client(org: Served) -> Salesforce:
    """simple-salesforce, logged in to the person-account org."""
    return Salesforce(
        consumer_key=credentials.CONSUMER_KEY,
        consumer_secret=credentials.CONSUMER_SECRET,
        domain="sandbox.my",
        session=org.session(),
    )


RULES = (
    {
        "ValidationName": "A_No_Doctors",
        "Active": True,
        "EntityDefinitionId": "Lead",
        "ErrorMessage": "No doctors",
        "ErrorDisplayField": "Title",
        "Metadata": {"errorConditionFormula": 'Title = "Dr"'},
    },
    {
        "ValidationName": "B_City",
        "Active": True,
        "EntityDefinitionId": "Lead",
        "ErrorMessage": "Where?",
        "Metadata": {"errorConditionFormula": "ISBLANK(City)"},
    },
)
"""Validation rules for leads: no doctors, and a city."""
