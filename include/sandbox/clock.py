"""The sandbox's clock: it runs in real time from wherever it is set."""

from datetime import UTC, datetime, timedelta


class Clock:
    """A settable clock in UTC; it runs on in real time unless it is frozen."""

    def __init__(self, now: datetime | None = None) -> None:
        self._offset = timedelta(0)
        self._frozen_at: datetime | None = None
        self.set(now)

    def now(self) -> datetime:
        """The sandbox's time, aware, in UTC."""
        return self._frozen_at or datetime.now(UTC) + self._offset

    def set(self, now: datetime | None, *, frozen: bool = False) -> None:
        """Sets the time (`None`: the real one) and whether it stands still.

        Raises:
            ValueError: `now` has no time zone.
        """
        if now is not None and now.tzinfo is None:
            raise ValueError("the clock needs a time with an offset, like 2026-11-23T09:00:00+00:00")
        self._offset = (now.astimezone(UTC) - datetime.now(UTC)) if now else timedelta(0)
        self._frozen_at = self.now_running() if frozen else None

    def now_running(self) -> datetime:
        """What the time would be if the clock were not frozen."""
        return datetime.now(UTC) + self._offset

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen_at is not None
