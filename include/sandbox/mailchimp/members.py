"""Members as the API shows them."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import orjson

from include.sandbox.mailchimp.database import Database
from include.sandbox.mailchimp.links import MEMBER, LinksTemplate
from include.sandbox.mailchimp.projection import Projection

SHOWN_TAGS = 50
"""A member shows at most so many of its tags (OpenAPI: "up to 50")."""

FULL_NAME = (
    "trim(coalesce(json_extract(m.merge_fields, '$.FNAME'), '') || ' ' || "
    "coalesce(json_extract(m.merge_fields, '$.LNAME'), ''))"
)

# The key order of the recorded members. NULL columns are filled in afterwards.
COLUMNS: dict[str, str] = {
    "id": "m.id",
    "email_address": "m.email_address",
    "unique_email_id": "m.unique_email_id",
    "contact_id": "m.contact_id",
    "full_name": FULL_NAME,
    "web_id": "m.web_id",
    "email_type": "m.email_type",
    "status": "m.status",
    "unsubscribe_reason": "m.unsubscribe_reason",
    "consents_to_one_to_one_messaging": "NULL",
    "merge_fields": "m.merge_fields",
    "interests": "m.interests",
    "stats": "m.stats",
    "ip_signup": "m.ip_signup",
    "timestamp_signup": "m.timestamp_signup",
    "ip_opt": "m.ip_opt",
    "timestamp_opt": "m.timestamp_opt",
    "member_rating": "m.member_rating",
    "last_changed": "m.last_changed",
    "language": "m.language",
    "vip": "m.vip",
    "email_client": "m.email_client",
    "location": "m.location",
    "source": "m.source",
    "tags_count": "(SELECT count(*) FROM segment_members s WHERE s.member_no = m.no)",
    "tags": "NULL",
    "list_id": "NULL",
    "_links": "NULL",
}
_SINGLE_ONLY = frozenset({"unsubscribe_reason", "web_id", "consents_to_one_to_one_messaging", "source"})
NOT_IN_BATCHES = _SINGLE_ONLY | {"full_name"}
NOT_IN_SEGMENTS = _SINGLE_ONLY | {"contact_id", "tags", "tags_count"}
"""Keys that members do not have in answers to calls that write many, and in segments (OpenAPI)."""
JSON_KEYS = ("merge_fields", "interests", "stats", "location")
NO_INTERESTS = "{}"

Document = dict[str, Any]


class MemberView:
    """Shows members of one list under one projection.

    Args:
        database: the account's.
        list_id: the list.
        list_href: the list's address, for the links.
        projection: which keys of a member are wanted.
        hidden: keys that members do not have here.
    """

    def __init__(
        self,
        database: Database,
        list_id: str,
        list_href: str,
        projection: Projection,
        hidden: Collection[str] = (),
    ) -> None:
        self._database = database
        self._list_id = list_id
        self._projection = projection
        self._keys = [key for key in COLUMNS if key not in hidden and projection.wants(key)]
        self._links = LinksTemplate(MEMBER, f"{list_href}/members") if "_links" in self._keys else None
        columns = ", ".join(["m.no", "m.id", *(COLUMNS[key] for key in self._keys)])
        self._sql = f"SELECT {columns} FROM json_each(?) AS n JOIN members AS m ON m.no = n.value ORDER BY n.key"
        self._fill = self._fillers()

    def show(self, numbers: Sequence[int]) -> list[Document]:
        """The members with these row numbers, in this order; JSON columns are fragments that only orjson writes."""
        rows = self._database.execute(self._sql, (orjson.dumps(list(numbers)).decode(),)).fetchall()
        documents = [dict(zip(self._keys, row[2:], strict=True)) for row in rows]
        if "tags" in self._keys:
            tags = self._tags(numbers)
            for row, document in zip(rows, documents, strict=True):
                document["tags"] = self._projection.inside("tags").apply(tags.get(row[0], [])[:SHOWN_TAGS])
        for fill in self._fill:
            fill(documents)
        if self._links is not None:
            for row, document in zip(rows, documents, strict=True):
                document["_links"] = self._links.of(row[1])
        return documents

    def _fillers(self) -> list[Callable[[list[Document]], None]]:
        keys = set(self._keys)
        fillers = [self._json_filler(key) for key in JSON_KEYS if key in keys]
        special: dict[str, Callable[[list[Document]], None]] = {
            "unsubscribe_reason": _drop_empty_reasons,
            "consents_to_one_to_one_messaging": _consent,
            "vip": _boolean_vip,
            "list_id": self._fill_list_id,
        }
        return fillers + [fill for key, fill in special.items() if key in keys]

    def _json_filler(self, key: str) -> Callable[[list[Document]], None]:
        inside = self._projection.inside(key)

        def whole(documents: list[Document]) -> None:
            for document in documents:
                document[key] = orjson.Fragment(document[key])

        def part(documents: list[Document]) -> None:
            for document in documents:
                document[key] = inside.apply(orjson.loads(document[key]))

        def interests(documents: list[Document]) -> None:
            # A list without groups shows no interests at all (recorded).
            for document in documents:
                if document[key] == NO_INTERESTS:
                    del document[key]
            filled = [document for document in documents if key in document]
            (whole if inside.everything else part)(filled)

        if key == "interests":
            return interests
        return whole if inside.everything else part

    def _fill_list_id(self, documents: list[Document]) -> None:
        for document in documents:
            document["list_id"] = self._list_id

    def _tags(self, numbers: Sequence[int]) -> dict[int, list[Document]]:
        tags: dict[int, list[Document]] = {}
        rows = self._database.execute(
            "SELECT s.member_no, t.id, t.name FROM json_each(?) AS n"
            " JOIN segment_members AS s ON s.member_no = n.value JOIN segments AS t ON t.id = s.segment_id"
            " WHERE t.type = 'static' ORDER BY n.key, s.added_at DESC, t.id",
            (orjson.dumps(list(numbers)).decode(),),
        )
        for member_no, tag_id, name in rows:
            tags.setdefault(member_no, []).append({"id": tag_id, "name": name})
        return tags


def _drop_empty_reasons(documents: list[Document]) -> None:
    for document in documents:
        if not document["unsubscribe_reason"]:
            del document["unsubscribe_reason"]


def _consent(documents: list[Document]) -> None:
    for document in documents:
        document["consents_to_one_to_one_messaging"] = True


def _boolean_vip(documents: list[Document]) -> None:
    for document in documents:
        document["vip"] = bool(document["vip"])
