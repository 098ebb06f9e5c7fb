"""The recycle bin: deleted records are kept in it for some days, then they are gone for good.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_emptyrecyclebin.htm
"""

from datetime import datetime, timedelta

from include.sandbox.controls import Controls, Switch
from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.soql.tree import Query

SWITCHES = {
    "recycle_bin_days": Switch(15, "how long deleted records show in queryAll, then they are gone"),
}


def emptied_at(controls: Controls) -> datetime:
    """What was deleted before this moment shows no longer, not even in queryAll."""
    return controls.now() - timedelta(days=float(controls.switches["recycle_bin_days"]))


def shown_since(query: Query, controls: Controls, *, everything: bool) -> datetime | None:
    """From when on deleted records show in a query's answer; None: none do.

    Args:
        query: that is asked.
        controls: of the org.
        everything: whether it came by queryAll; no other call takes ALL ROWS (superfell/SoqlX issue 25, ForceCLI/force
            issue 237).

    Raises:
        ApiError: MALFORMED_QUERY.
    """
    if query.all_rows and not everything:
        raise ApiError(400, "MALFORMED_QUERY", "ALL ROWS not allowed in this context")
    return emptied_at(controls) if everything else None
