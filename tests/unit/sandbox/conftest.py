"""One server for the tests of the HTTP base."""

from collections.abc import Iterator

import pytest

from tests.contract.mailchimp.account_state import account_state
from tests.sandbox_fixture import Sandbox


@pytest.fixture(scope="module")
def one_server() -> Iterator[Sandbox]:
    sandbox = Sandbox(only="mailchimp")
    yield sandbox
    sandbox.stop()


@pytest.fixture
def server(one_server: Sandbox) -> Sandbox:
    one_server.reset()
    one_server.put_state(mailchimp=account_state())
    return one_server
