"""The org's two kinds of refusal: of a whole request, and of one row in it.

Shapes: a request's errors are `[{"message", "errorCode", "fields"}]`, a row's are `{"statusCode", "message", "fields"}`
(recordings `salesforce__export-*`). Where code and words are an assumption they come from `wordings`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from include.sandbox.controls import SwitchValue
from include.sandbox.salesforce.wordings import Said, assumed


class Refusal(Exception):  # noqa: N818 - an answer, not a fault of the sandbox
    """Something is refused.

    Attributes:
        said: the code and the words.
        before: what stands before the words.
    """

    def __init__(self, said: Said, before: str = "") -> None:
        super().__init__(before + said.text)
        self.said = said
        self.before = before

    def told(self, switches: Mapping[str, SwitchValue]) -> Said:
        """The code and the whole message, as the switches word them."""
        said = self.said.told(switches)
        return Said(said.code, self.before + said.text)


class ApiError(Refusal):
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
        super().__init__(Said(code, message))
        self.status = status
        self.code = code
        self.fields = fields
        self.entries = entries

    @classmethod
    def assumed(cls, status: int, said: Said, before: str = "") -> "ApiError":
        """A refusal whose code and words are an assumption."""
        error = cls(status, said.code, before + said.text)
        error.said, error.before = said, before
        return error

    def body(self, switches: Mapping[str, SwitchValue]) -> list[dict[str, object]]:
        """The answer's JSON."""
        if self.entries:
            return list(self.entries)
        said = self.told(switches)
        error: dict[str, object] = {"message": said.text, "errorCode": said.code}
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
        said: where code and message are an assumption.
        told_code: the code under which the switches have it told; the other still says which kind of refusal it is.
    """

    code: str
    message: str
    fields: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)
    details_in_rows: bool = False
    said: Said | None = None
    told_code: str = ""

    @classmethod
    def assumed(cls, said: Said, *fields: str) -> "RowError":
        """A refusal whose code and words are an assumption."""
        return cls(said.code, said.text, fields, said=said)

    def told(self, switches: Mapping[str, SwitchValue]) -> "RowError":
        """As the switches word it."""
        if self.said is None:
            return self
        said = self.said.told(switches)
        return replace(self, told_code=said.code, message=said.text)

    @property
    def shown_code(self) -> str:
        """The code as answers show it."""
        return self.told_code or self.code

    def entry(self) -> dict[str, object]:
        """The error in the answer to a single record's write."""
        if self.details:
            return {**self.details, "errorCode": self.shown_code, "message": self.message}
        return {"message": self.message, "errorCode": self.shown_code, "fields": list(self.fields)}

    def json(self) -> dict[str, object]:
        """The error in a save result."""
        told = self.details if self.details_in_rows else {}
        return {**told, "statusCode": self.shown_code, "message": self.message, "fields": list(self.fields)}

    def csv(self) -> str:
        """The error in the `sf__Error` column, as failed rows in public threads show it (without fields `..:--`)."""
        return f"{self.shown_code}:{self.message}:{' '.join([*self.fields, ''])}--"


class RowRefused(Exception):  # noqa: N818 - an outcome of a row, not a fault of the sandbox
    """Carries a row's error out of the rule that found it."""

    def __init__(self, error: RowError) -> None:
        super().__init__(error.message)
        self.error = error


def not_writable(name: str) -> str:
    """The vendor's words for a field that cannot be written (forcedotcom/SFDX-Data-Move-Utility issue 6)."""
    return (
        f"Unable to create/update fields: {name}. Please check the security settings of this field and verify that it "
        "is read/write for your profile or permission set."
    )


def no_such_key(name: str) -> ApiError:
    """What stands behind the object's name in a path is neither an id nor a field by which records are found."""
    return ApiError.assumed(404, assumed("no_such_key", field=name))


def not_found() -> ApiError:
    """What is asked for does not exist (recording `salesforce__export-account__export-records-custom`)."""
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist")
