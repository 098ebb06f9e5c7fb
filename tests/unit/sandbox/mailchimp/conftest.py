"""An account in memory, called in process."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from include.sandbox.controls import Controls
from include.sandbox.mailchimp.app import create_app
from include.sandbox.mailchimp.credentials import API_KEY
from include.sandbox.mailchimp.store import AccountStore
from tests.contract.mailchimp.account_state import LIST, account_state, member_id

ROOT = "http://127.0.0.1/3.0"


class Api:
    """The API over one account; paths are below /3.0, or whole addresses."""

    def __init__(self) -> None:
        self.store = AccountStore(None)
        self.controls = Controls()
        self.app = create_app(self.store, self.controls)
        self.runner = asyncio.Runner()

    def request(self, method: str, path: str, *, key: bool = True, **more: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app)) as client:
                url = path if path.startswith("http") else ROOT + path
                return await client.request(method, url, auth=("anyone", API_KEY) if key else None, **more)

        return self.runner.run(send())

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        more = {} if body is None else {"json": body}
        return self.request(method, path, params=query or None, **more)

    def close(self) -> None:
        self.runner.close()
        self.store.close()

    def load(self, state: dict[str, Any]) -> None:
        self.store.load(state, {})

    def member(self, email: str) -> dict[str, Any]:
        return self("GET", f"/lists/{LIST}/members/{member_id(email)}").json()

    def patch(self, email: str, body: dict[str, Any], **query: Any) -> httpx.Response:
        return self("PATCH", f"/lists/{LIST}/members/{member_id(email)}", body, **query)

    def put(self, email: str, body: dict[str, Any], **query: Any) -> httpx.Response:
        return self("PUT", f"/lists/{LIST}/members/{member_id(email)}", body, **query)

    def add(self, email: str, status: str = "subscribed", **more: Any) -> httpx.Response:
        return self("POST", f"/lists/{LIST}/members", {"email_address": email, "status": status, **more})

    def members(self, **query: Any) -> dict[str, Any]:
        return self("GET", f"/lists/{LIST}/members", **query).json()

    def emails(self, **query: Any) -> list[str]:
        return [member["email_address"] for member in self.members(**query)["members"]]


@pytest.fixture
def api() -> Iterator[Api]:
    """The account of `account_state`.

    Ann and fay are subscribed, bob unsubscribed himself, cat is cleaned, dan pending, eve archived.
    """
    api = Api()
    api.load(account_state())
    yield api
    api.close()
