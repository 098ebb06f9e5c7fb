"""How long an answer is held back: fixed, or with a long tail."""

import math
import random

from pydantic import BaseModel, ConfigDict, Field, model_validator

Z_99 = 2.326  # the normal distribution's 99th percentile, in standard deviations


class Latency(BaseModel):
    """Seconds before a call is carried out: always `seconds`, or log-normal with that median and a 99th percentile."""

    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(default=0.0, ge=0)
    p99: float | None = Field(default=None, gt=0)
    seed: int = 1

    @model_validator(mode="after")
    def _tail_above_median(self) -> "Latency":
        if self.p99 is not None and not 0 < self.seconds <= self.p99:
            raise ValueError("p99 must not be below seconds (the median), and seconds must be above 0")
        return self

    def sampler(self) -> "LatencySampler":
        """Draws from this distribution, the same sequence each time."""
        return LatencySampler(self)


class LatencySampler:
    """A reproducible sequence of delays."""

    def __init__(self, latency: Latency) -> None:
        self._latency = latency
        self._random = random.Random(latency.seed)

    def draw(self) -> float:
        """The next delay in seconds."""
        latency = self._latency
        if latency.p99 is None:
            return latency.seconds
        sigma = math.log(latency.p99 / latency.seconds) / Z_99
        return self._random.lognormvariate(math.log(latency.seconds), sigma)
