"""One Mailchimp server for this folder's tests, and a caller that checks every answer against the OpenAPI document."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from include.sandbox.mailchimp.credentials import API_KEY
from tests.contract.mailchimp.account_state import account_state
from tests.contract.mailchimp.openapi import violations
from tests.sandbox_fixture import Sandbox


@pytest.fixture(scope="session")
def mailchimp_server() -> Iterator[Sandbox]:
    sandbox = Sandbox(only="mailchimp")
    yield sandbox
    sandbox.stop()


@pytest.fixture
def account(mailchimp_server: Sandbox) -> Sandbox:
    """The server with the small account of `account_state`."""
    mailchimp_server.reset()
    mailchimp_server.put_state(mailchimp=account_state())
    return mailchimp_server


class Caller:
    """Calls the API; an answer that the OpenAPI document does not allow fails the test."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.root = f"{sandbox.mailchimp}/3.0"
        self.session = requests.Session()
        self.session.auth = ("anyone", API_KEY)
        self.known_exceptions = {"Member Exists"}

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        response = self.session.request(method, self.root + path, json=body, params=query, timeout=30)
        document = response.json() if response.content else ""
        projected = "fields" in query or "exclude_fields" in query
        if not projected and not (response.status_code >= 400 and document["title"] in self.known_exceptions):
            assert violations(method, path, response.status_code, document) == []
        return response


@pytest.fixture
def call(account: Sandbox) -> Iterator[Caller]:
    caller = Caller(account)
    yield caller
    caller.session.close()
