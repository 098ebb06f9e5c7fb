"""One API call as an endpoint sees it, whether it came over HTTP or as an operation of a batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from include.sandbox.controls import SwitchValue
from include.sandbox.mailchimp import times
from include.sandbox.mailchimp.bodies import BodyT, checked
from include.sandbox.mailchimp.database import Database
from include.sandbox.mailchimp.query import Query

Document = dict[str, Any]


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
