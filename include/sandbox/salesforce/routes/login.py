"""Log-in: SOAP, and OAuth 2 with password, client credentials, refresh token or JWT."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import jwt
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from include.sandbox.salesforce.credentials import (
    CONSUMER_KEY,
    CONSUMER_SECRET,
    INSTANCE_URL,
    ORGANIZATION_ID,
    PASSWORD,
    REFRESH_TOKEN,
    SECURITY_TOKEN,
    USER_ID,
    USERNAME,
)
from include.sandbox.salesforce.errors import Refusal
from include.sandbox.salesforce.org import Org
from include.sandbox.salesforce.routes.call import AnySlashRoute, json_answer
from include.sandbox.salesforce.routes.soap import login_fault, login_result
from include.sandbox.salesforce.wordings import Said, assumed

JWT_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com", INSTANCE_URL)
Form = Mapping[str, str]


class LoginRefused(Refusal):
    """OAuth's refusal: its code is the error, its words the error_description.

    With status 400: https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flow_errors.htm
    """


def login_routes(org: Org) -> list[Route]:
    """The routes that need no session."""

    async def soap(request: Request) -> Response:
        return _soap_login(org, request.path_params["version"], await request.body())

    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        return _token(org, {**_basic(request.headers.get("authorization", "")), **request.query_params, **form})

    return [
        AnySlashRoute("/services/Soap/u/{version}", soap, methods=["POST"]),
        AnySlashRoute("/services/oauth2/token", token, methods=["POST"]),
    ]


def _soap_login(org: Org, version: str, body: bytes) -> Response:
    try:
        tree = ET.fromstring(body)  # noqa: S314 - only clients on loopback reach the sandbox
    except ET.ParseError:
        said = assumed("login_unread").told(org.controls.switches)
        return _xml(login_fault(said.code, said.text), 500)
    sent = {one.tag.rpartition("}")[2]: (one.text or "").strip() for one in tree.iter()}
    # A client that sends an organization id relies on a trusted network instead of the token.
    accepted = {PASSWORD + SECURITY_TOKEN} | ({PASSWORD} if sent.get("organizationId") else set())
    if sent.get("username") != USERNAME or sent.get("password") not in accepted:
        message = "Invalid username, password, security token; or user locked out."
        return _xml(login_fault("INVALID_LOGIN", message), 500)
    result = login_result(
        escape(version),
        org.sessions.open(),
        person_accounts=org.store.schema.person_accounts,
        time_zone=str(org.controls.switches["user_time_zone"]),
        currency=str(org.controls.switches["currency"]),
    )
    return _xml(result)


def _xml(text: str, status: int = 200) -> Response:
    return Response(text, status, {"Content-Type": "text/xml; charset=utf-8"})


def _token(org: Org, form: Form) -> Response:
    checks: dict[str, Callable[[Org, Form], None]] = {
        "password": _check_password,
        "client_credentials": _check_client,
        "refresh_token": _check_refresh_token,
        "urn:ietf:params:oauth:grant-type:jwt-bearer": _check_jwt,
    }
    try:
        checks.get(form.get("grant_type", ""), _refuse_grant)(org, form)
    except LoginRefused as refusal:
        said = refusal.told(org.controls.switches)
        return json_answer({"error": said.code, "error_description": said.text}, 400)
    identity = f"https://login.salesforce.com/id/{ORGANIZATION_ID}/{USER_ID}"
    issued = str(int(time.time() * 1000))
    signature = hmac.new(CONSUMER_SECRET.encode(), (identity + issued).encode(), hashlib.sha256).digest()
    return json_answer(
        {
            "access_token": org.sessions.open(),
            "instance_url": INSTANCE_URL,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued,
            "signature": base64.b64encode(signature).decode(),
        }
    )


def _basic(authorization: str) -> Form:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return {}
    key, _, secret = base64.b64decode(encoded).decode().partition(":")
    return {"client_id": key, "client_secret": secret}


def _check_client(_org: Org, form: Form) -> None:
    key, secret = form.get("client_id"), form.get("client_secret")
    if key != CONSUMER_KEY:
        raise LoginRefused(assumed("login_client"))
    if secret != CONSUMER_SECRET:
        raise LoginRefused(assumed("login_secret"))


def _refuse_grant(_org: Org, _form: Form) -> None:
    raise LoginRefused(assumed("login_grant_type"))


def _check_password(org: Org, form: Form) -> None:
    _check_client(org, form)
    if form.get("username") != USERNAME or form.get("password") not in {PASSWORD, PASSWORD + SECURITY_TOKEN}:
        raise LoginRefused(Said("invalid_grant", "authentication failure"))


def _check_refresh_token(org: Org, form: Form) -> None:
    _check_client(org, form)
    if form.get("refresh_token") != REFRESH_TOKEN:
        raise LoginRefused(assumed("login_refresh_token"))


def _check_jwt(org: Org, form: Form) -> None:
    if org.jwt_public_key is None:
        raise LoginRefused(assumed("login_certificate"))
    try:
        claims = jwt.decode(
            form.get("assertion", ""),
            org.jwt_public_key,
            algorithms=["RS256"],
            audience=JWT_AUDIENCES,
            options={"require": ["iss", "sub", "aud", "exp"]},
        )
    except jwt.ExpiredSignatureError:
        raise LoginRefused(assumed("login_expired")) from None
    except jwt.InvalidTokenError:
        raise LoginRefused(assumed("login_assertion")) from None
    if claims["iss"] != CONSUMER_KEY:
        raise LoginRefused(assumed("login_client"))
    if claims["sub"] != USERNAME:
        raise LoginRefused(assumed("login_user"))
