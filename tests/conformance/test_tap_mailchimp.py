"""tap-mailchimp, a separate program, extracts the account; what it finds is compared with the sandbox's state."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from include.sandbox.mailchimp.credentials import API_KEY
from tests.conformance.programs import installed
from tests.sandbox_fixture import Sandbox

SECONDS = 300
NOT_SERVED = {"automations"}
SHOWN_IN_SEGMENTS = {"subscribed", "pending"}
REPORTED = {"open", "click", "bounce"}


def extracted(folder: Path, environment: dict[str, str]) -> Counter[str]:
    """How many records of each stream the tap writes."""
    config = folder / "config.json"
    settings = {"api_key": API_KEY, "dc": "us1", "start_date": "2010-01-01T00:00:00Z", "user_agent": "conformance"}
    config.write_text(json.dumps(settings), "utf-8")
    tap = [str(installed("tap-mailchimp") / "tap-mailchimp"), "--config", str(config)]
    catalog = json.loads(run([*tap, "--discover"], environment))
    for stream in catalog["streams"]:
        if stream["stream"] not in NOT_SERVED:
            for entry in stream["metadata"]:
                entry["metadata"]["selected"] = True
            stream["metadata"].append({"breadcrumb": [], "metadata": {"selected": True}})
    chosen = folder / "catalog.json"
    chosen.write_text(json.dumps(catalog), "utf-8")
    lines = map(json.loads, run([*tap, "--catalog", str(chosen)], environment).splitlines())
    return Counter(line["stream"] for line in lines if line["type"] == "RECORD")


def run(command: list[str], environment: dict[str, str]) -> str:
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout


def counted(state: dict[str, Any]) -> dict[str, int]:
    """What the account holds of each stream."""
    lists, sent = state["lists"], [one for one in state["campaigns"] if one["status"] == "sent"]
    status = {(one["id"], member["id"]): member["status"] for one in lists for member in one["members"]}
    segments = [(one["id"], segment) for one in lists for segment in one["segments"]]
    return {
        "lists": len(lists),
        "list_members": sum(one != "archived" for one in status.values()),
        "list_segments": len(segments),
        "list_segment_members": sum(
            status[list_id, member] in SHOWN_IN_SEGMENTS
            for list_id, segment in segments
            for member in segment["members"]
        ),
        "campaigns": len(state["campaigns"]),
        "unsubscribes": len(
            {(one["campaign_id"], one["email_id"]) for one in state["events"] if one["action"] == "unsubscribe"}
        ),
        "reports_email_activity": sum(one["action"] in REPORTED for one in state["events"]) if sent else 0,
    }


def test_the_tap_extracts_what_the_account_holds(world: Sandbox, tmp_path: Path, environment: dict[str, str]):
    assert dict(extracted(tmp_path, environment)) == counted(world.state("mailchimp"))


def test_without_all_pages_a_batch_gives_the_first_ten_rows(
    world: Sandbox, tmp_path: Path, environment: dict[str, str]
):
    events = world.state("mailchimp")["events"]
    recipients: dict[str, list[str]] = {}
    for event in events:
        if event["action"] == "sent":
            recipients.setdefault(event["campaign_id"], []).append(event["email_id"])
    first = {(campaign, one) for campaign, people in recipients.items() for one in people[:10]}
    of_the_first = [
        one for one in events if one["action"] in REPORTED and (one["campaign_id"], one["email_id"]) in first
    ]
    world.switches("mailchimp", batch_gets_read_all_pages=False)
    try:
        found = extracted(tmp_path, environment)["reports_email_activity"]
    finally:
        world.switches("mailchimp")
    assert found == len(of_the_first) < sum(one["action"] in REPORTED for one in events)
