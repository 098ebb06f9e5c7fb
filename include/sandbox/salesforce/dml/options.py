"""What a request asks of a save besides its rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.ids import canonical_id
from include.sandbox.salesforce.wordings import assumed

NO_ASSIGNMENT = "FALSE"


@dataclass(frozen=True, slots=True)
class SaveOptions:
    """The headers of a save.

    Attributes:
        allow_duplicates: whether rows are saved for which a duplicate rule only alerts.
        include_record_details: whether a refusal shows all fields of the matched records.
        assignment: `TRUE` (the active assignment rule), `FALSE` (none), or the 18-character id of a rule.
        base: the path of the API version, for URLs in answers.
    """

    allow_duplicates: bool = False
    include_record_details: bool = False
    assignment: str = NO_ASSIGNMENT
    base: str = "/services/data/v59.0"

    @classmethod
    def of(cls, headers: Mapping[str, str], base: str) -> "SaveOptions":
        """As the REST API reads them; without the header the active assignment rule is applied.

        https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_autoassign.htm
        https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_duplicaterules.htm

        Raises:
            ApiError: MALFORMED_ID: an assignment that is none of the three.
        """
        asked = headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower().replace(",", ";").split(";")
        return cls(
            allow_duplicates="allowsave=true" in asked,
            include_record_details="includerecorddetails=true" in asked,
            assignment=assignment(headers.get("sforce-auto-assign", "TRUE")),
            base=base,
        )


def assignment(asked: str) -> str:
    """`TRUE`, `FALSE` or the id of an assignment rule.

    Raises:
        ApiError: MALFORMED_ID: none of these.
    """
    if asked.strip().upper() in {"TRUE", "FALSE"}:
        return asked.strip().upper()
    rule = canonical_id(asked.strip())
    if rule is None:
        raise ApiError.assumed(400, assumed("wrong_id", field="AssignmentRule ID", value=asked))
    return rule
