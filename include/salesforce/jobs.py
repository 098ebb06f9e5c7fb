"""Waiting for jobs of Bulk API 2.0 by plain polling: a poll that fails is tried again and ends no job."""

from __future__ import annotations

import time
from typing import Any

import requests

from include.errors import TransientError
from include.salesforce.refusals import VENDOR, unreadable
from include.salesforce.rest import Call, Rest, decoded

ENDED = frozenset({"JobComplete", "Failed", "Aborted"})


def job_id(rest: Rest, call: Call) -> str:
    """Send the call that makes a job; returns its id. A job whose answer got lost stays unused."""

    def decode(response: requests.Response) -> str:
        job = decoded(call, response)
        if not isinstance(job, dict) or not job.get("id"):
            raise unreadable(call.action, "no job id")
        return str(job["id"])

    return rest.send(call, decode)


def state(rest: Rest, path: str) -> dict[str, Any]:
    """What Salesforce tells of a job: `state`, `errorMessage`, counts."""
    call = Call("look at a bulk job", "GET", path)

    def decode(response: requests.Response) -> dict[str, Any]:
        job = decoded(call, response)
        if not isinstance(job, dict) or "state" not in job:
            raise unreadable(call.action, "no state")
        return job

    return rest.send(call, decode)


def ended(rest: Rest, path: str) -> dict[str, Any]:
    """Wait until a job ended in whatever state; returns what Salesforce tells. Raises TransientError in the end."""
    for pause in rest.pace.polls():
        job = state(rest, path)
        if job["state"] in ENDED:
            return job
        time.sleep(pause)
    raise TransientError(f"the bulk job {path} did not end in time", vendor=VENDOR, code="JOB_TIMEOUT")


def finished(rest: Rest, path: str) -> dict[str, Any]:
    """Wait until a job is complete. Raises TransientError where it failed or was aborted."""
    job = ended(rest, path)
    if job["state"] != "JobComplete":
        code = str(job.get("errorMessage") or job["state"]).split(":", 1)[0].strip()
        raise TransientError(f"the bulk job {path} ended as {job['state']}: {code}", vendor=VENDOR, code=code)
    return job
