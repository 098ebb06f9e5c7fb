"""What a check found: plain data for tables, reports and the command line; it never holds a person's data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found about a subject, and what to do about it; an error is one that stops a run."""

    severity: Severity
    subject: str
    found: str
    to_do: str = ""

    def __str__(self) -> str:
        return f"{self.subject}: {self.found}" + (f"; {self.to_do}" if self.to_do else "")
