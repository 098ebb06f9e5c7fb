"""The recycle bin: deleted records are kept in it for some days, then they are gone for good.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_emptyrecyclebin.htm
"""

from datetime import datetime, timedelta

from include.sandbox.controls import Controls, Switch

SWITCHES = {
    "recycle_bin_days": Switch(15, "how long deleted records show in queryAll, then they are gone"),
}


def emptied_at(controls: Controls) -> datetime:
    """What was deleted before this moment shows no longer, not even in queryAll."""
    return controls.now() - timedelta(days=float(controls.switches["recycle_bin_days"]))
