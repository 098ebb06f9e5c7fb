"""The `_links` of each resource, as the recorded answers have them.

Taps crash where list items lack `_links`, so every resource carries them unless it is asked not to.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import orjson

SCHEMA_URL = "https://us1.api.mailchimp.com/schema/3.0"


@dataclass(frozen=True, slots=True)
class Link:
    """One link: relation, path under the resource (`..` is its parent), method, schema names (empty: none)."""

    rel: str
    path: str
    method: str
    target: str = ""
    schema: str = ""

    def document(self, href: str) -> dict[str, str]:
        """The link of the resource at `href`."""
        parent = href.rpartition("/")[0] if self.path == ".." else href + self.path
        document = {"rel": self.rel, "href": parent, "method": self.method}
        if self.target:
            document["targetSchema"] = f"{SCHEMA_URL}/Definitions/{self.target}.json"
        if self.schema:
            document["schema"] = f"{SCHEMA_URL}/{self.schema}.json"
        return document


def _instance(name: str, *more: Link) -> tuple[Link, ...]:
    collection = f"Paths/{name}/Collection"
    return (
        Link("self", "", "GET", f"{name}/Response"),
        Link("parent", "..", "GET", f"{name}/CollectionResponse", collection),
        *more,
    )


def _collection(name: str, *more: Link) -> tuple[Link, ...]:
    return (Link("self", "", "GET", f"{name}/CollectionResponse", f"Paths/{name}/Collection"), *more)


def _below(*pairs: tuple[str, str]) -> Iterator[Link]:
    for rel, name in pairs:
        yield Link(rel, f"/{rel}", "GET", f"{name}/CollectionResponse", f"Paths/{name}/Collection")


MEMBER = _instance(
    "Lists/Members",
    Link("update", "", "PATCH", "Lists/Members/Response", "Definitions/Lists/Members/PATCH"),
    Link("upsert", "", "PUT", "Lists/Members/Response", "Definitions/Lists/Members/PUT"),
    Link("delete", "", "DELETE"),
    Link("activity", "/activity", "GET", "Lists/Members/Activity/Response"),
    Link("goals", "/goals", "GET", "Lists/Members/Goals/Response"),
    Link("notes", "/notes", "GET", "Lists/Members/Notes/CollectionResponse"),
    Link("events", "/events", "POST", "Lists/Members/Events/POST"),
    Link("delete_permanent", "/actions/delete-permanent", "POST"),
)
MEMBERS = _collection(
    "Lists/Members",
    Link("parent", "..", "GET", "Lists/Members/Response"),
    Link("create", "", "POST", "Lists/Members/Response", "Definitions/Lists/Members/POST"),
)
LIST = _instance(
    "Lists",
    Link("update", "", "PATCH", "Lists/Response", "Definitions/Lists/PATCH"),
    Link("batch-sub-unsub-members", "", "POST", "Lists/BatchPOST-Response", "Definitions/Lists/BatchPOST"),
    Link("delete", "", "DELETE"),
    *_below(
        ("interest-categories", "Lists/InterestCategories"),
        ("members", "Lists/Members"),
        ("merge-fields", "Lists/MergeFields"),
        ("segments", "Lists/Segments"),
    ),
)
LISTS = _collection("Lists", Link("create", "", "POST", "Lists/Response", "Definitions/Lists/POST"))
MERGE_FIELD = _instance(
    "Lists/MergeFields",
    Link("update", "", "PATCH", "Lists/MergeFields/Response", "Definitions/Lists/MergeFields/PATCH"),
    Link("delete", "", "DELETE"),
)
MERGE_FIELDS = _collection(
    "Lists/MergeFields",
    Link("create", "", "POST", "Lists/MergeFields/Response", "Definitions/Lists/MergeFields/POST"),
    Link("parent", "..", "GET", "Lists/Response"),
)
CATEGORY = _instance("Lists/InterestCategories", *_below(("interests", "Lists/Interests")))
CATEGORIES = _collection("Lists/InterestCategories", Link("parent", "..", "GET", "Lists/Response"))
INTEREST = _instance("Lists/Interests")
INTERESTS = _collection("Lists/Interests", Link("parent", "..", "GET", "Lists/InterestCategories/Response"))
SEGMENT = _instance("Lists/Segments", *_below(("members", "Lists/Segments/Members")))
SEGMENTS = _collection("Lists/Segments", Link("parent", "..", "GET", "Lists/Response"))
CAMPAIGN = _instance("Campaigns")
CAMPAIGNS = _collection("Campaigns")
REPORT = _instance(
    "Reports",
    *_below(
        ("email-activity", "Reports/EmailActivity"),
        ("sent-to", "Reports/SentTo"),
        ("unsubscribed", "Reports/Unsubscribed"),
        ("open-details", "Reports/OpenDetails"),
        ("click-details", "Reports/ClickDetails"),
    ),
)
REPORTS = _collection("Reports")
REPORT_ROW = _instance("Reports/Rows")
REPORT_ROWS = _collection("Reports/Rows")
ROOT = (
    Link("self", "", "GET", "Root"),
    *_below(("lists", "Lists"), ("campaigns", "Campaigns"), ("reports", "Reports"), ("batches", "Batches")),
)
BATCH = _instance("Batches", Link("delete", "", "DELETE"))
BATCHES = _collection("Batches", Link("create", "", "POST", "Batches/Response", "Definitions/Batches/POST"))
MEMBER_TAGS = _collection("Lists/Members/Tags")
ACTIVITY = (Link("self", "", "GET", "Lists/Members/Activity/Response"),)


def links(kind: tuple[Link, ...], href: str) -> list[dict[str, str]]:
    """The links of the resource at `href`."""
    return [link.document(href) for link in kind]


class LinksTemplate:
    """The links of resources that differ only in the last part of their address; rendered as JSON."""

    def __init__(self, kind: tuple[Link, ...], collection_href: str) -> None:
        mark = "\x7f"
        text = orjson.dumps(links(kind, f"{collection_href}/{mark}")).decode()
        self._parts = text.split(orjson.dumps(mark).decode().strip('"'))

    def of(self, last: str) -> orjson.Fragment:
        """The links of the resource with this last part."""
        return orjson.Fragment(last.join(self._parts))
