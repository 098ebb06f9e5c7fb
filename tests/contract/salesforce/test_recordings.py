"""The recorded exchanges replay: the same requests, in the same order, get the same answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from include.sandbox.salesforce import credentials
from tests.contract.salesforce.conftest import Served

DATA = Path(__file__).parent / "data"
RECORDED_USERS = ("0054S000000JFmhQAG", "0054S000000JQeqQAG")
RECORD_ID = re.compile(r"\b(?:001|003|005)[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?\b")
# What differs from run to run or from org to org; the overlay's fields are ours.
MOVING = {"CreatedDate", "LastModifiedDate", "SystemModstamp", "LastViewedDate", "LastReferencedDate"}
OURS = {
    *("HasOptedOutOfEmail", "Newsletter_Consent__c", "Newsletter_Opt_Out__c", "Interests__c", "Customer_Tier__c"),
    *("Annual_Spend__c", "Customer_Score__c"),
}


class Replay:
    """Sends recorded requests with this org's ids in place of the recorded ones."""

    def __init__(self, served: Served) -> None:
        self.session = served.rest()
        self.ids: dict[str, str] = dict.fromkeys(RECORDED_USERS, credentials.USER_ID)

    def send(self, exchange: dict) -> tuple[int, dict, object]:
        query = {name: self.translated(unquote(value)) for name, value in (exchange.get("query") or {}).items()}
        url = credentials.INSTANCE_URL + self.translated(exchange["path"])
        body = exchange["body"]
        content = self.translated(json.dumps(body)) if body else None
        answer = self.session.request(exchange["method"], url, params=query, data=content, timeout=30)
        return answer.status_code, dict(answer.headers), answer.json()

    def translated(self, text: str) -> str:
        return RECORD_ID.sub(lambda match: self.ids.get(match[0], match[0]), text)

    def learn(self, recorded: object, answered: object) -> None:
        """Notes which id of ours stands for which recorded one, where both answers have an id in the same place."""
        if isinstance(recorded, dict) and isinstance(answered, dict):
            for key in recorded.keys() & answered.keys():
                self.learn(recorded[key], answered[key])
        elif isinstance(recorded, list) and isinstance(answered, list):
            for one, other in zip(recorded, answered, strict=False):
                self.learn(one, other)
        elif isinstance(recorded, str) and isinstance(answered, str) and RECORD_ID.fullmatch(recorded):
            self.ids[recorded] = answered

    def comparable(self, answer: object) -> object:
        if isinstance(answer, list):
            return [self.comparable(one) for one in answer]
        if isinstance(answer, dict):
            kept = {key: self.comparable(value) for key, value in answer.items() if key not in OURS}
            # The recorded org got more custom fields later, which its describe has and older recordings have not.
            kept = {key: value for key, value in kept.items() if value is not None or not key.endswith("__c")}
            if "records" in kept:
                # Without ORDER BY the order is not defined.
                kept["records"] = sorted(kept["records"], key=lambda record: record["Id"])
            return {key: "moving" if key in MOVING else value for key, value in kept.items()}
        return self.translated(answer) if isinstance(answer, str) else answer


def shapes(answer: dict) -> set[tuple[str, ...]]:
    """The keys of a query's records, in their order."""
    return {tuple(record) for record in answer["records"]}


@pytest.mark.parametrize("path", sorted(DATA.glob("*export-records*.json")), ids=lambda path: path.stem)
def test_recorded_exchanges_replay(plain_org: Served, path: Path) -> None:
    replay = Replay(plain_org)
    exchanges = [one for one in json.loads(path.read_text("utf-8")) if "/Soap/" not in one["path"]]
    assert exchanges

    for number, exchange in enumerate(exchanges):
        status, headers, answer = replay.send(exchange)
        where = f"exchange {number}: {exchange['method']} {exchange['path']}"
        assert status == exchange["status"], (where, answer)
        assert headers["content-type"] == exchange["headers"]["Content-Type"], where
        assert re.fullmatch(r"api-usage=\d+/\d+", headers["sforce-limit-info"]), where
        if "WHERE" not in unquote((exchange.get("query") or {}).get("q", "WHERE")):
            # The recorded org held other records too, which a query for all of them shows.
            assert answer.keys() == exchange["response"].keys(), where
            assert shapes(answer) == shapes(exchange["response"]), where
            continue
        if exchange["method"] == "POST":
            replay.learn(exchange["response"], answer)
        assert replay.comparable(answer) == replay.comparable(exchange["response"]), where


def test_soap_login_has_the_recorded_elements(plain_org: Served) -> None:
    (exchange,) = json.loads((DATA / "salesforce__export-account__destination-options.json").read_text("utf-8"))
    secret = credentials.PASSWORD + credentials.SECURITY_TOKEN
    body = exchange["body"].replace("SCRUBBED", secret).replace("user@example.com", credentials.USERNAME)

    answer = plain_org.session().post("https://login.salesforce.com/services/Soap/u/42.0", body)

    def elements(text: str) -> list[str]:
        return re.findall(r"<([\w:]+)[ >]", text)

    assert answer.status_code == 200
    recorded = elements(exchange["response"])
    answered = elements(answer.text)
    assert [name for name in recorded if name not in answered] == []
