"""What SOQL has and the sandbox does not serve, by name; a query with it is refused, never half understood."""

from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.soql.tree import Place

CHILD_QUERIES = "child queries"
TYPEOF = "TYPEOF"
SCOPE = "USING SCOPE"
WITH = "WITH"
UPDATE = "UPDATE TRACKING and UPDATE VIEWSTAT"
GROUPINGS = "GROUP BY ROLLUP and GROUP BY CUBE"
FUNCTIONS = "functions other than aggregates and FIELDS"
UNSERVED = (CHILD_QUERIES, TYPEOF, SCOPE, WITH, UPDATE, GROUPINGS, FUNCTIONS)
"""All of them; docs/sandbox-salesforce.md lists the same."""


def unserved(what: str, place: Place) -> ApiError:
    """The refusal of one of `UNSERVED`."""
    return place.refused("MALFORMED_QUERY", f"the sandbox does not serve {what}")
