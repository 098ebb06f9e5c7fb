"""What became of one row that was written to Salesforce."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WriteResult:
    """One row's outcome.

    Attributes:
        key: what the caller knows the row by: the external id's value of an upsert, the Id of an update or a delete,
            the position ("0", "1", ...) of an insert.
        id: Salesforce id of the row; of a refused duplicate, the id of the record that is there already.
        success: whether the row was written.
        created: whether it is new.
        code: Salesforce's status code of a refusal (`DUPLICATE_VALUE`); `UNPROCESSED` when Salesforce never said.
        message: Salesforce's message without values of the row.
        fields: API names of the fields that the refusal names.
    """

    key: str
    id: str | None
    success: bool
    created: bool = False
    code: str = ""
    message: str = ""
    fields: tuple[str, ...] = ()
