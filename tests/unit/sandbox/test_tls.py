"""HTTPS beside HTTP: the same server, under the vendors' names, with a certificate that a client can check."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import urllib3

from tests.sandbox_fixture import Sandbox

DATA = "/services/data"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls") / "certificates"


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(["--empty", "--tls", str(folder)], only="salesforce")
    yield sandbox
    sandbox.stop()


@pytest.fixture
def certificate(served: Sandbox, folder: Path) -> str:
    return str(folder / "salesforce.pem")


def test_http_and_https_are_one_server(served: Sandbox, certificate: str) -> None:
    served.reset_calls()
    versions = requests.get(served.tls_urls["salesforce"] + DATA, verify=certificate, timeout=10)
    assert versions.json() == requests.get(served.salesforce + DATA, timeout=10).json()
    assert versions.url.startswith("https://")
    assert served.calls("salesforce")["count"] == 2


@pytest.mark.parametrize(
    "host", ["login.salesforce.com", "test.salesforce.com", "any-org.my.salesforce.com", "localhost"]
)
def test_a_redirected_client_can_check_the_certificate(served: Sandbox, certificate: str, host: str) -> None:
    port = int(served.tls_urls["salesforce"].rpartition(":")[2])
    with urllib3.HTTPSConnectionPool("127.0.0.1", port, ca_certs=certificate, server_hostname=host) as pool:
        pool.assert_hostname = host
        assert pool.request("GET", DATA, retries=False).status == 200


def test_a_client_that_does_not_know_the_certificate_refuses_it(served: Sandbox, certificate: str) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(served.tls_urls["salesforce"] + DATA, timeout=10)
    port = int(served.tls_urls["salesforce"].rpartition(":")[2])
    with urllib3.HTTPSConnectionPool("127.0.0.1", port, ca_certs=certificate) as pool:
        pool.assert_hostname = "evil.example"
        with pytest.raises(urllib3.exceptions.SSLError):
            pool.request("GET", DATA, retries=False)


def test_the_private_key_is_not_left_behind(certificate: str, folder: Path) -> None:
    assert [one.name for one in folder.iterdir()] == ["salesforce.pem"]
    assert "PRIVATE KEY" not in Path(certificate).read_text()
    assert ssl.create_default_context(cafile=certificate).get_ca_certs()


def test_a_connection_is_reset_under_tls_too(served: Sandbox, certificate: str) -> None:
    served.faults("salesforce", {"method": "GET", "path": DATA, "kind": "reset", "times": 1})
    with pytest.raises(requests.ConnectionError):
        requests.get(served.tls_urls["salesforce"] + DATA, verify=certificate, timeout=10)
    assert requests.get(served.tls_urls["salesforce"] + DATA, verify=certificate, timeout=10).ok
