"""How patiently Salesforce is asked: tries, pauses, polling."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Pauses in seconds. A call that failed for a passing reason is tried `attempts` times in all.

    Bulk jobs are polled after `first_poll`, then ever less often (Salesforce advises 1 s growing to 30 s and more).
    """

    attempts: int = 6
    first_pause: float = 0.5
    longest_pause: float = 60.0
    first_poll: float = 0.5
    longest_poll: float = 30.0
    longest_job: float = 3600.0

    def pause(self, attempt: int, retry_after: float | None = None) -> float:
        """How long to wait after the given attempt (1 is the first): doubling, with jitter, or as told."""
        if retry_after is not None:
            return min(retry_after, self.longest_pause)
        longest = min(self.first_pause * 2.0 ** (attempt - 1), self.longest_pause)
        return random.uniform(0.5, 1.0) * longest  # noqa: S311 - jitter

    def polls(self) -> Iterator[float]:
        """The pauses between two looks at a job, until `longest_job` is used up."""
        waited, pause = 0.0, self.first_poll
        while waited < self.longest_job:
            yield pause
            waited += pause
            pause = min(pause * 1.5, self.longest_poll)
