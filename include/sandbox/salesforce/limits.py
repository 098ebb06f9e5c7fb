"""What the org allows per day, and what is left of it."""

from datetime import date, timedelta
from threading import Lock

from include.sandbox.controls import Controls, Switch
from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.store import OrgStore
from include.sandbox.salesforce.tables import quoted
from include.sandbox.salesforce.values import stamp
from include.sandbox.salesforce.wordings import assumed

SWITCHES = {
    "daily_api_requests": Switch(100_000, "REST calls a day; then 403 `REQUEST_LIMIT_EXCEEDED`"),
    "data_storage_mb": Switch(10_240, "data storage; a record counts 2 KB in `/limits`"),
}
_KILOBYTES_PER_RECORD = 2
# Fixed ones: https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet
_FIXED = {
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryJobs": 10_000,
    "DailyBulkV2QueryFileStorageMB": 976_562,
    "FileStorageMB": 10_240,
    "HourlyPublishedPlatformEvents": 50_000,
}
# What jobs have used since a moment; an ingest job of 2.0 has a batch per 10,000 rows, a query job none.
_USED = {
    "DailyBulkApiBatches": """
        SELECT coalesce(sum(CASE kind WHEN 'batch' THEN 1 ELSE (processed + 9999) / 10000 END), 0)
        FROM _jobs WHERE kind IN ('batch', 'ingest') AND created >= ?""",
    "DailyBulkV2QueryJobs": "SELECT count(*) FROM _jobs WHERE kind = 'query' AND created >= ?",
    "DailyBulkV2QueryFileStorageMB": """
        SELECT coalesce(sum(length(body)), 0) / 1048576
        FROM _job_pages JOIN _jobs ON _jobs.id = _job_pages.job WHERE created >= ?""",
}
_WINDOW = timedelta(hours=24)


class Limits:
    """Counts the API requests of a day, by the sandbox's clock."""

    def __init__(self, store: OrgStore, controls: Controls) -> None:
        self._store = store
        self._controls = controls
        self._day: date | None = None
        self._used = 0
        self._lock = Lock()

    @property
    def most(self) -> int:
        """API requests a day."""
        return int(self._controls.switches["daily_api_requests"])

    def count(self) -> None:
        """Counts one request.

        Raises:
            ApiError: REQUEST_LIMIT_EXCEEDED: there are none left today.
        """
        with self._lock:
            today = self._controls.now().date()
            if today != self._day:
                self._day, self._used = today, 0
            if self._used >= self.most:
                raise ApiError.assumed(403, assumed("requests_used_up"))
            self._used += 1

    def header(self) -> str:
        """The value of `Sforce-Limit-Info`."""
        return f"api-usage={self._used}/{self.most}"

    def report(self) -> dict[str, dict[str, int]]:
        """What `/limits` shows."""
        storage = int(self._controls.switches["data_storage_mb"])
        report = {
            "DailyApiRequests": {"Max": self.most, "Remaining": max(0, self.most - self._used)},
            "DataStorageMB": {"Max": storage, "Remaining": max(0, storage - self._stored_megabytes())},
        }
        used = self._used_by_jobs()
        report.update(
            {name: {"Max": most, "Remaining": max(0, most - used.get(name, 0))} for name, most in _FIXED.items()}
        )
        return dict(sorted(report.items()))

    def _used_by_jobs(self) -> dict[str, int]:
        since = stamp(self._controls.now() - _WINDOW)
        with self._store.database.reading() as connection:
            return {name: int(connection.execute(sql, (since,)).fetchone()[0]) for name, sql in _USED.items()}

    def _stored_megabytes(self) -> int:
        with self._store.database.reading() as connection:
            counts = [
                connection.execute(f'SELECT count(*) FROM {quoted(one.name)} WHERE "IsDeleted" = 0').fetchone()[0]
                for one in self._store.schema.data_objects()
            ]
        return int(sum(counts) * _KILOBYTES_PER_RECORD // 1024)
