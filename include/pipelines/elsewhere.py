"""Who is subscribed in the audiences that no run has read yet (X01, `unsubscribe_sets_opt_out: all`).

Whether somebody has left all audiences is told by what their runs know. One that never ran (it is new, paused, or its
file has a mistake) knows nothing: waiting for it would hold opt-outs back for as long.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from include.errors import ConfigError, FatalError
from include.mailchimp.member_table import KEY_FIELDS
from include.pipelines.find_audience import look_for
from include.pipelines.plan_inputs import other_lists
from include.transform.opt_outs import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from include.mailchimp.audience import Listing
    from include.mailchimp.client import MailchimpClient
    from include.pipelines.run import SyncRun

PARTITION = "elsewhere"


def read_elsewhere(run: SyncRun, client: MailchimpClient, listings: list[Listing]) -> int:
    """Stage the partition `elsewhere` (email_key) of the run; returns how many subscribed or pending members it has.

    A run for which other audiences do not matter, or were all read by runs of their own, asks nothing.
    """
    import pyarrow as pa

    matters = run.audience.unsubscribe_sets_opt_out == "all"
    unread = [stem for stem, list_id in other_lists(run).items() if list_id is None] if matters else []
    lists = filter(None, [_list_id(run, stem, listings) for stem in unread])
    keys = (page for list_id in lists for page in _keys(client, list_id))
    return run.project.staging.write(run.partition(PARTITION), keys, pa.schema([("email_key", pa.string())]))


def _keys(client: MailchimpClient, list_id: str) -> Iterator[pa.Table]:
    for status in OPEN:
        for page in client.members(list_id, fields=KEY_FIELDS, status=status):
            yield page.select(["email_key"])


def _list_id(run: SyncRun, stem: str, listings: list[Listing]) -> str | None:
    """The audience that another file names; None where there is none, which its own run tells: nobody is in it."""
    try:
        return look_for(replace(run, stem=stem), listings).list_id
    except (ConfigError, FatalError):
        return None
