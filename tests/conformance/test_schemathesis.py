"""schemathesis, a program of its own, makes calls from Mailchimp's OpenAPI document and holds the answers against it.

The document it is given has only the operations that are served, and its path parameters name what the account has.
What it may object to is listed in `schemathesis_exceptions`.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from include.sandbox.mailchimp.credentials import API_KEY
from include.sandbox.mailchimp.report_details import link_id
from tests.conformance.document import METHODS, Document, document, served
from tests.conformance.programs import installed
from tests.conformance.schemathesis_exceptions import EXCEPTIONS
from tests.contract.mailchimp.account_state import (
    ANN,
    BOB,
    CAMPAIGN,
    CATEGORY,
    DAN,
    LINK,
    LIST,
    NEWS,
    account_state,
    member_id,
)
from tests.sandbox_fixture import Sandbox

HERE = Path(__file__).parent
SEED, CASES, SECONDS = 3, 12, 600
BATCH_ID = "batchId"
CREDENTIALS = "Basic " + base64.b64encode(f"anyone:{API_KEY}".encode()).decode()
IDS = {
    "listId": [LIST],
    "subscriberHash": [member_id(ANN), member_id(BOB), member_id(DAN)],
    "mergeId": ["1", "3"],
    "interestCategoryId": [CATEGORY],
    "interestId": [NEWS],
    "segmentId": ["501"],
    "campaignId": [CAMPAIGN],
    "linkId": [link_id(LINK)],
}
"""What the account has. A batch is made before each call."""


@pytest.fixture(scope="module")
def account() -> Iterator[Sandbox]:
    sandbox = Sandbox(only="mailchimp")
    yield sandbox
    sandbox.stop()


def described() -> Document:
    """The served operations, with ids of the account in their paths."""
    whole, wanted = document(), served()
    paths = whole["paths"]
    whole["paths"] = {}
    for path, operations in paths.items():
        kept = {name: one for name, one in operations.items() if name not in METHODS or (name.upper(), path) in wanted}
        if METHODS & kept.keys():
            whole["paths"][path] = kept
            for operation in METHODS & kept.keys():
                name_ids(kept[operation])
    return whole


def name_ids(operation: Document) -> None:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path" and parameter["name"] != BATCH_ID:
            parameter["schema"]["enum"] = IDS[parameter["name"]]


def run(account: Sandbox, folder: Path, given: Document, *arguments: str) -> tuple[int, str, dict[str, int]]:
    """Exit status, what schemathesis says, and how often which exception was needed."""
    (folder / "openapi.json").write_text(json.dumps(given), "utf-8")
    (folder / "state.json").write_text(json.dumps(account_state()), "utf-8")
    command: list[Any] = [installed("schemathesis") / "st", "run", folder / "openapi.json"]
    command += ["--url", f"{account.mailchimp}/3.0", "--header", f"Authorization:{CREDENTIALS}", "--checks", "all"]
    command += ["--seed", str(SEED), "--max-examples", str(CASES), "--generation-database", "none", "--no-color"]
    own = {"SANDBOX": account.mailchimp, "CREDENTIALS": CREDENTIALS, "STATE": str(folder / "state.json")}
    own |= {"NEEDED": str(folder / "needed.json"), "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "schemathesis_hooks"}
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8", **own}
    ended = subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr, json.loads((folder / "needed.json").read_text("utf-8"))


def test_an_answer_that_the_document_does_not_allow_would_be_noticed(account: Sandbox, tmp_path: Path):
    wrong = described()
    content = wrong["paths"]["/ping"]["get"]["responses"]["200"]["content"]["application/json"]
    content["schema"] = {"type": "object", "required": ["no such key"]}
    status, said, _ = run(account, tmp_path, wrong, "--include-path", "/ping", "--phases", "coverage")
    assert status == 1
    assert "no such key" in said


def test_calls_made_from_the_document_are_answered_as_it_says(account: Sandbox, tmp_path: Path):
    status, said, needed = run(account, tmp_path, described(), "--phases", "examples,coverage,fuzzing")
    assert status == 0, said
    assert set(needed) == {one.reason for one in EXCEPTIONS}, "an exception that is not needed any more"
