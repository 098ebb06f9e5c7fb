"""Who may call: the key, the user's role, and the number of connections."""

import base64
import binascii
import hmac

from starlette.responses import Response

from include.sandbox.mailchimp.answers import problem_response
from include.sandbox.mailchimp.credentials import API_KEY
from include.sandbox.mailchimp.problems import Problem, Switches, forbidden, key_invalid, key_missing, too_many_requests

OPEN_TO_ALL = ("/ping", "/reports")
CAMPAIGNS = "/campaigns"
FULL_ROLES = frozenset({"manager", "admin", "owner"})
BEARERS = frozenset({"bearer", "oauth"})


def check_key(authorization: str | None) -> None:
    """Lets a call with the right key pass: Basic with any user name, or a Bearer token.

    Raises:
        Problem: 401.
    """
    if not authorization:
        raise key_missing()
    scheme, _, given = authorization.partition(" ")
    key = given.strip() if scheme.lower() in BEARERS else _basic_password(scheme, given)
    if not hmac.compare_digest(key.encode(), API_KEY.encode()):
        raise key_invalid()


def _basic_password(scheme: str, given: str) -> str:
    if scheme.lower() != "basic":
        raise key_invalid()
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        raise key_invalid() from None


def check_role(role: str, method: str, path: str, switches: Switches) -> None:
    """Lets a call pass that the user's role allows.

    Source: https://mailchimp.com/help/manage-user-levels-in-your-account/. Managers reach audiences, authors campaigns
    and reports, viewers reports. Nothing that is served changes a campaign.

    Raises:
        Problem: 403.
    """
    authored = path.startswith(CAMPAIGNS) and (role == "author" or switches["viewers_read_campaigns"])
    readable = path in {"", "/"} or path.startswith(OPEN_TO_ALL) or authored
    if role not in FULL_ROLES and not (method == "GET" and readable):
        raise forbidden()


def over_limit(in_flight: int, switches: Switches) -> Response | None:
    """The refusal of one connection too many: a problem, or a status without a body (threads report both)."""
    most = switches["max_connections"]
    if in_flight <= int(most):
        return None
    answer = switches["over_limit_answer"]
    if answer != "problem":
        return Response(status_code=403 if answer == "bodyless_403" else 429)
    problem: Problem = too_many_requests(f"You have exceeded the limit of {most} simultaneous connections.")
    return problem_response(problem, switches)
