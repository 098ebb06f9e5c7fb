"""Log-in in all its kinds, with the vendor's own answers where it is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from include.sandbox.salesforce import credentials
from tests.contract.salesforce.conftest import Served

TOKEN_URL = "https://login.salesforce.com/services/oauth2/token"
USER = {"username": credentials.USERNAME}
CONSUMER = {"consumer_key": credentials.CONSUMER_KEY, "consumer_secret": credentials.CONSUMER_SECRET}


def who(client: Salesforce) -> str:
    return client.query("SELECT Username FROM User")["records"][0]["Username"]


def test_soap_login_takes_password_and_token(org: Served) -> None:
    client = Salesforce(
        **USER, password=credentials.PASSWORD, security_token=credentials.SECURITY_TOKEN, session=org.session()
    )
    assert who(client) == credentials.USERNAME
    assert client.sf_instance == "sandbox.my.salesforce.com"


@pytest.mark.parametrize("wrong", [{"username": "other@sandbox.example"}, {"password": "x"}, {"security_token": "x"}])
def test_soap_login_refuses_what_is_wrong(org: Served, wrong: dict[str, str]) -> None:
    right = {**USER, "password": credentials.PASSWORD, "security_token": credentials.SECURITY_TOKEN}
    with pytest.raises(SalesforceAuthenticationFailed, match=r"INVALID_LOGIN\): Invalid username, password"):
        Salesforce(**(right | wrong), session=org.session())


def test_oauth_password_login(org: Served) -> None:
    client = Salesforce(**USER, **CONSUMER, password=credentials.PASSWORD, session=org.session())
    assert who(client) == credentials.USERNAME


def test_oauth_client_credentials_login(org: Served) -> None:
    client = Salesforce(**CONSUMER, domain="sandbox.my", session=org.session())
    assert who(client) == credentials.USERNAME


def test_oauth_jwt_login_verifies_the_signature(org: Served, jwt_keys: tuple[str, str]) -> None:
    client = Salesforce(**USER, consumer_key=credentials.CONSUMER_KEY, privatekey=jwt_keys[0], session=org.session())
    assert who(client) == credentials.USERNAME


def assertion(private: str, **changes: object) -> dict[str, str]:
    claims = {
        "iss": credentials.CONSUMER_KEY,
        "sub": credentials.USERNAME,
        "aud": "https://login.salesforce.com",
        "exp": int((datetime.now(UTC) + timedelta(minutes=3)).timestamp()),
    } | changes
    return {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": jwt.encode(claims, private, algorithm="RS256"),
    }


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iss": "other"}, "invalid_client_id"),
        ({"sub": "other@sandbox.example"}, "invalid_grant"),
        ({"aud": "https://elsewhere.example"}, "invalid_grant"),
        ({"exp": 1_600_000_000}, "invalid_grant"),
    ],
)
def test_oauth_jwt_login_refuses_wrong_claims(
    org: Served, jwt_keys: tuple[str, str], changes: dict[str, object], error: str
) -> None:
    answer = org.session().post(TOKEN_URL, assertion(jwt_keys[0], **changes))
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_oauth_jwt_login_refuses_another_key(org: Served) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    answer = org.session().post(TOKEN_URL, assertion(other.decode()))
    assert answer.json() == {"error": "invalid_grant", "error_description": "invalid assertion"}


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password", "client_id": "x"}, "invalid_client_id"),
        (
            {"grant_type": "client_credentials", "client_id": credentials.CONSUMER_KEY, "client_secret": "x"},
            "invalid_client",
        ),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
        (
            {
                "grant_type": "password",
                "client_id": credentials.CONSUMER_KEY,
                "client_secret": credentials.CONSUMER_SECRET,
                "username": credentials.USERNAME,
                "password": "x",
            },
            "invalid_grant",
        ),
    ],
)
def test_oauth_refusals_name_the_error(org: Served, form: dict[str, str], error: str) -> None:
    answer = org.session().post(TOKEN_URL, form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_session_expires_by_the_sandbox_clock(org: Served) -> None:
    rest = org.rest()
    url = f"{credentials.INSTANCE_URL}/services/data/v59.0/limits"
    assert rest.get(url).status_code == 200

    org.controls.clock.set(org.controls.now() + timedelta(hours=3))

    answer = rest.get(url)
    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Bearer 00D5g000000SAND!1.2.3"])
def test_call_without_session_is_refused(org: Served, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = org.session().get(f"{credentials.INSTANCE_URL}/services/data/v59.0/limits", headers=headers)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_session_survives_a_restart(org: Served) -> None:
    from include.sandbox.salesforce.sessions import Sessions

    token = Sessions(org.store, org.controls).open()
    Sessions(org.store, org.controls).check(f"Bearer {token}")
    assert re.fullmatch(r"00D\w{12}!.+", token)
