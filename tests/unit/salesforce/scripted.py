"""A Salesforce that answers from a script: for answers that the sandbox's org does not give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import requests
from requests.adapters import BaseAdapter

from include.salesforce.pace import Pace
from include.salesforce.rest import Rest

BASE = "https://org.example/services/data/v59.0/"
QUICK = Pace(attempts=4, first_pause=0.001, longest_pause=0.002, first_poll=0.001, longest_poll=0.002, longest_job=0.02)


class Script(BaseAdapter):
    """Answers calls in order; keeps what was asked."""

    def __init__(self, answers):
        super().__init__()
        self.answers = list(answers)
        self.asked: list[tuple[str, str, object]] = []

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:
        self.asked.append((request.method, request.url.removeprefix(BASE), request.body))
        answer = self.answers.pop(0)
        response = requests.Response()
        response.request, response.url = request, request.url
        response.status_code, content, headers = answer if isinstance(answer, tuple) else (200, answer, {})
        response.headers.update(headers)
        response._content = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        return response

    def close(self) -> None:
        pass


@dataclass
class ScriptedLogin:
    """A log-in that always works."""

    session: requests.Session
    base_url: str = BASE
    token: str = "token"
    renewed: int = field(default=0)

    def ensure(self) -> str:
        return self.token

    def renew(self, expired: str) -> None:
        self.renewed += 1


def scripted(*answers: object) -> tuple[Rest, Script]:
    """A Rest on a script; an answer is the body of a 200, or (status, body, headers)."""
    script = Script(answers)
    session = requests.Session()
    session.mount("https://", script)
    return Rest(ScriptedLogin(session), QUICK), script


def saved(id_: str, **more: object) -> Mapping[str, object]:
    return {"id": id_, "success": True, "errors": [], **more}


def refused(code: str, message: str = "", fields=()) -> Mapping[str, object]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": list(fields)}]}
