"""One API call as an endpoint sees it, whether it came over HTTP or as an operation of a batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from include.sandbox.controls import SwitchValue
from include.sandbox.mailchimp import times
from include.sandbox.mailchimp.database import Database
from include.sandbox.mailchimp.problems import FieldError, Problem, bad_json, invalid_fields
from include.sandbox.mailchimp.query import Query

Document = dict[str, Any]
BodyT = TypeVar("BodyT", bound="Body")


class Body(BaseModel):
    """A request body: typed strictly, keys that are not known here are ignored (recorded).

    A key may be left out, and is None then; a null is refused, as the OpenAPI document makes nothing nullable.
    """

    model_config = ConfigDict(extra="ignore", strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null(cls, value: object) -> object:
        if value is None:
            raise PydanticCustomError("null", "This value should not be null.")
        return value


@dataclass(frozen=True, slots=True)
class Call:
    """What an endpoint needs to know.

    Args:
        database: the account's.
        path: the values in the path template.
        query: the query parameters.
        body: the decoded JSON body; None without one.
        now: the sandbox's time.
        base_url: the API root's address, for links.
        switches: the behaviours that are assumptions.
    """

    database: Database
    path: Mapping[str, str]
    query: Query
    body: Any
    now: datetime
    base_url: str
    switches: Mapping[str, SwitchValue]

    @property
    def time(self) -> str:
        """Now, as it is stored."""
        return times.as_text(self.now)

    def body_as(self, model: type[BodyT]) -> BodyT:
        """The body, checked.

        Raises:
            Problem: 400 that names the fields.
        """
        return checked(model, self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose document has been projected already."""

    document: Document


Result = Document | Answer | None
"""A document that is still to be projected, a projected answer, or None for 204."""

Endpoint = Callable[[Call], Result]


def checked(model: type[BodyT], body: object) -> BodyT:
    """A request body (or an item of one) as its model.

    Raises:
        Problem: 400 that names the fields.
    """
    if body is None:
        raise bad_json()
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise _problem(error) from None


def _problem(error: ValidationError) -> Problem:
    details = error.errors(include_url=False, include_input=False)
    return invalid_fields(*(FieldError(".".join(map(str, item["loc"])), item["msg"]) for item in details))
