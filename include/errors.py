"""Every error the project raises, named by what the caller should do about it.

    SyncError
    ├── ConfigError      correct the configuration; nothing was read or written yet
    ├── StoppedByCheck   look at the finding; the run stopped before its first write
    │   └── ApprovalNeeded   a person may let it go on (G06)
    ├── FatalError       give up: log-in refused, role too low, a broken invariant
    ├── TransientError   try again later: limits, time-outs, cut-off answers
    ├── PermanentError   do not try again; the one record it names goes to quarantine
    └── DeferredError    the budget of vendor calls is used up; the next run goes on

A message names the source, the object and the field, and says what would be right. It never carries a person's data or
a credential: e-mail addresses appear as member hashes, people as Salesforce ids.
"""

from __future__ import annotations


class SyncError(Exception):
    """The root of all errors of this project."""


class ConfigError(SyncError):
    """The configuration is wrong; the message names file, line, field and what would be right."""


class StoppedByCheck(SyncError):  # noqa: N818 - an outcome of a run, not a fault
    """A check stopped the run before any write: the circuit breaker, an empty source, a stale plan."""


class ApprovalNeeded(StoppedByCheck):
    """The circuit breaker objects, or a source shows nothing any more: a person is asked; the command line stops here.

    Attributes:
        audience: file stem of the audience that waits; None where Salesforce's extraction does.
    """

    def __init__(self, message: str, *, audience: str | None = None) -> None:
        super().__init__(message)
        self.audience = audience


class FatalError(SyncError):
    """Nothing that follows can work: credentials refused, permission missing."""


class VendorError(SyncError):
    """An answer of a vendor that is not the one asked for.

    Attributes:
        vendor: `salesforce` or `mailchimp`.
        code: the vendor's own code (`DUPLICATE_VALUE`, `Member Exists`, `429`).
    """

    def __init__(self, message: str, *, vendor: str, code: str = "") -> None:
        super().__init__(message)
        self.vendor = vendor
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the attributes when Airflow pickles the error."""
        return _rebuild, (type(self), str(self), dict(self.__dict__))


class TransientError(VendorError):
    """Worth another try; `retry_after` is in seconds where the vendor named a time."""

    def __init__(self, message: str, *, vendor: str, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, vendor=vendor, code=code)
        self.retry_after = retry_after


class PermanentError(VendorError):
    """Refused for good: the same request will be refused again.

    Attributes:
        fields: those that the vendor named.
        record_id: the record that stands in the way, where the vendor named it.
    """

    def __init__(
        self,
        message: str,
        *,
        vendor: str,
        code: str = "",
        fields: tuple[str, ...] = (),
        record_id: str | None = None,
    ) -> None:
        super().__init__(message, vendor=vendor, code=code)
        self.fields = fields
        self.record_id = record_id


class DeferredError(SyncError):
    """The run's share of the vendor's daily calls is used up; what is left is for the next run."""


def _rebuild(kind: type[VendorError], message: str, attributes: dict[str, object]) -> VendorError:
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    error.__dict__.update(attributes)
    return error
