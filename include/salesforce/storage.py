"""Whether the org has room for rows that are about to be added (G08)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from include.errors import StoppedByCheck

if TYPE_CHECKING:
    from include.salesforce.client import SalesforceClient

log = logging.getLogger(__name__)

KILOBYTES_PER_RECORD = 2
"""What Salesforce counts for a record of nearly every object, whatever is in it (Salesforce Help, data storage)."""
STORAGE = "DataStorageMB"
"""Key in `/limits`; it is missing where the user may not see it (REST API guide, limits: needs Manage Users)."""

MAKE_ROOM = "Free storage in Salesforce or buy more, or mirror fewer people"


def megabytes(rows: int) -> int:
    """What rows take of the data storage, rounded up."""
    return -(-rows * KILOBYTES_PER_RECORD // 1024)


def refuse_without_room(client: SalesforceClient, object_name: str, rows: int) -> None:
    """Ask, where rows are to be added, whether they fit. Raises StoppedByCheck where they don't."""
    left = too_little_left(client, rows)
    if left is not None:
        raise StoppedByCheck(
            f"{rows} new rows of {object_name} need about {megabytes(rows)} MB of data storage, and the org has {left} "
            f"MB left; none was added. {MAKE_ROOM}"
        )


def too_little_left(client: SalesforceClient, rows: int) -> int | None:
    """The megabytes left, where rows that are to be added need more.

    None where they fit, and where the user may not see what is left. Asks nothing where there are no rows.
    """
    if not rows:
        return None
    left = storage_left(client.limits())
    if left is None:
        log.warning("Salesforce does not show the user how much data storage is left; %d rows are to be added", rows)
        return None
    return left if megabytes(rows) > left else None


def storage_left(limits: dict[str, object]) -> int | None:
    """Megabytes of data storage left; None where the user does not see it."""
    storage = limits.get(STORAGE)
    left = storage.get("Remaining") if isinstance(storage, dict) else None
    return left if isinstance(left, int) else None
