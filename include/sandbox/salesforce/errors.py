"""The org's two kinds of refusal: of a whole request, and of one row in it.

Shapes: a request's errors are `[{"message", "errorCode", "fields"}]`, a row's are `{"statusCode", "message", "fields"}`
(recordings `salesforce__export-*`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


class ApiError(Exception):
    """The whole request is refused.

    Attributes:
        status: the HTTP status of the answer.
        code: the errorCode, like `MALFORMED_QUERY`.
        fields: API names of the fields at fault.
        entries: the answer's errors where they are several or have more to tell.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fields: tuple[str, ...] = (),
        entries: tuple[dict[str, object], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.fields = fields
        self.entries = entries

    def body(self) -> list[dict[str, object]]:
        """The answer's JSON."""
        if self.entries:
            return list(self.entries)
        error: dict[str, object] = {"message": str(self), "errorCode": self.code}
        if self.fields:
            error["fields"] = list(self.fields)
        return [error]


@dataclass(frozen=True, slots=True)
class RowError:
    """One row is refused, the others go on.

    Attributes:
        code: the statusCode, like `REQUIRED_FIELD_MISSING`.
        fields: API names of the fields at fault.
        details: what a single record's answer tells besides.
        details_in_rows: whether a save result tells it too.
    """

    code: str
    message: str
    fields: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)
    details_in_rows: bool = False

    def entry(self) -> dict[str, object]:
        """The error in the answer to a single record's write."""
        if self.details:
            return {**self.details, "errorCode": self.code, "message": self.message}
        return {"message": self.message, "errorCode": self.code, "fields": list(self.fields)}

    def json(self) -> dict[str, object]:
        """The error in a save result."""
        told = self.details if self.details_in_rows else {}
        return {**told, "statusCode": self.code, "message": self.message, "fields": list(self.fields)}

    def csv(self) -> str:
        """The error in the `sf__Error` column, as failed rows in public threads show it (without fields `..:--`)."""
        return f"{self.code}:{self.message}:{' '.join([*self.fields, ''])}--"


class RowRefused(Exception):  # noqa: N818 - an outcome of a row, not a fault of the sandbox
    """Carries a row's error out of the rule that found it."""

    def __init__(self, code: str, message: str, *fields: str) -> None:
        super().__init__(message)
        self.error = RowError(code, message, fields)


def no_such_key(name: str) -> ApiError:
    """What stands behind the object's name in a path is neither an id nor a field by which records are found."""
    message = f"Provided external ID field does not exist or is not accessible: {name}"
    return ApiError(404, "NOT_FOUND", message)


def not_found() -> ApiError:
    """What is asked for does not exist (recording `salesforce__export-account__export-records-custom`)."""
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist")
