"""One Mailchimp account: what the pipeline reads from it and writes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from include.errors import PermanentError, TransientError
from include.mailchimp import audience, reports
from include.mailchimp.batches import Batches
from include.mailchimp.endpoints import MEMBERS, TAG_MEMBERS
from include.mailchimp.member_table import member_table
from include.mailchimp.paging import Pages, in_parallel

if TYPE_CHECKING:
    import pyarrow as pa

    from include.mailchimp.audience import Listing, Tag
    from include.mailchimp.batch_archive import OperationResult
    from include.mailchimp.batches import BatchOperation
    from include.mailchimp.transport import Document, Transport
    from include.schema import AudienceSchema

T = TypeVar("T")
R = TypeVar("R")

WRITE_LIMIT = 500
"""Members in one call of `add_members` and `add_to_segment`: the vendor's limit."""
NOT_FOUND = "Resource Not Found"
MEMBER_EXISTS = "Member Exists"


class MailchimpClient:
    """An account behind a transport. Safe to share between threads.

    Every call raises FatalError (credentials, role), PermanentError (this request is wrong) or TransientError (still
    failing after the transport's own attempts).
    """

    def __init__(self, transport: Transport, connections: int) -> None:
        from mailchimp_marketing.api.lists_api import ListsApi
        from mailchimp_marketing.api.root_api import RootApi

        from include.mailchimp.api_client import PooledApiClient

        library = PooledApiClient(transport)
        self._lists = ListsApi(library)
        self._root = RootApi(library)
        self._transport = transport
        self._connections = connections
        self._batches = Batches(transport)

    @property
    def calls(self) -> int:
        """Calls made so far, repeated ones included."""
        return self._transport.calls

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Results in the order of the items, computed on the client's connections with a bounded look-ahead."""
        return in_parallel(function, items, self._connections)

    def close(self) -> None:
        """Ends the connections."""
        self._transport.close()

    # --- the account

    def root(self) -> Document:
        """The account and the key's user: `account_id`, `login_id`, `role`, `account_timezone`, ..."""
        return cast("Document", self._root.get_root(exclude_fields=["_links", "email", "first_name", "last_name"]))

    def server_time(self) -> datetime:
        """The vendor's clock, in whole seconds, UTC."""
        return self._transport.server_time()

    def audiences(self) -> list[Listing]:
        """Every audience of the account."""
        return audience.listings(self._transport)

    def audience_schema(self, list_id: str) -> AudienceSchema:
        """Merge fields, groups and tags of an audience. Raises PermanentError where there is none with this id."""
        for listing in self.audiences():
            if listing.list_id == list_id:
                return audience.schema_of(self._transport, listing)
        raise PermanentError(f"no audience {list_id} in this Mailchimp account", vendor="mailchimp", code=NOT_FOUND)

    # --- members, read

    def members(
        self,
        list_id: str,
        *,
        fields: Sequence[str],
        status: str | None = None,
        since_last_changed: datetime | None = None,
    ) -> Iterator[pa.Table]:
        """Members in the columns that `member_table.COLUMNS` names for the fields; a member may come twice.

        Args:
            list_id: the audience.
            fields: the API's names; see `member_table.STATE_FIELDS` and `KEY_FIELDS`.
            status: only members with it. Without one, archived members are left out: they come only when asked for.
            since_last_changed: only members that changed after it.
        """
        pages = self._member_pages(list_id, tuple(fields), status, since_last_changed)
        return (member_table(rows, fields) for rows in pages.read(self._connections))

    def count_members(self, list_id: str, status: str | None = None) -> int:
        """The number of members `members` would bring."""
        return self._member_pages(list_id, ("id",), status, None).total()

    def member(self, list_id: str, email_key: str, *, fields: Sequence[str]) -> pa.Table | None:
        """One member, in any status, as a table of one row; None where there is none."""
        try:
            row = self._lists.get_list_member(list_id, email_key, fields=list(fields))
        except PermanentError as error:
            if error.code == NOT_FOUND:
                return None
            raise
        return member_table([row], fields)

    def tags(self, list_id: str) -> list[Tag]:
        """The tags (static segments) of an audience."""
        return audience.tags(self._transport, list_id)

    def segment_members(self, list_id: str, segment_id: int) -> set[str]:
        """Hashes of the members of a segment, in every status but archived."""
        ids = {"list_id": list_id, "segment_id": segment_id}
        pages = Pages(self._transport, TAG_MEMBERS, ids, {}).read(self._connections)
        return {str(row["id"]) for rows in pages for row in rows}

    # --- members, written

    def add_members(self, list_id: str, members: Sequence[Mapping[str, object]]) -> dict[str, Any]:
        """Add up to 500 members; who is already there, in whatever status, is reported and not changed.

        Returns the vendor's answer: `new_members`, `updated_members` (archived ones taken back), `errors` (with
        `email_address`, `error_code`, `error`, `field`); and `resent`: whether an earlier attempt of this call may have
        added them.
        """
        _within_limit(len(members))
        body = {"members": list(members), "update_existing": False}
        answer = self._lists.batch_list_members(list_id, body)
        return _with(answer, "new_members", "updated_members", "errors") | {"resent": self._transport.attempts > 1}

    def update_member(self, list_id: str, email_key: str, body: Mapping[str, object]) -> Document:
        """Change an existing member by PATCH; a body with `status` is refused with ValueError (G01)."""
        if "status" in body:
            raise ValueError("an update of a member never carries a status")
        return cast("Document", self._lists.update_list_member(list_id, email_key, dict(body)))

    def unsubscribe_member(self, list_id: str, email_key: str) -> Document:
        """Unsubscribe an existing member: the one status that a change of ours may name (G01)."""
        return cast("Document", self._lists.update_list_member(list_id, email_key, {"status": "unsubscribed"}))

    def move_member(self, list_id: str, email_key: str, email: str) -> Document:
        """Give a subscribed member another e-mail, and with it another hash; the contact_id stays."""
        return cast("Document", self._lists.update_list_member(list_id, email_key, {"email_address": email}))

    def archive_member(self, list_id: str, email_key: str) -> None:
        """Archive a member. Mailchimp refuses pending, cleaned and archived ones (405)."""
        self._lists.delete_list_member(list_id, email_key)

    def create_segment(self, list_id: str, name: str) -> int:
        """Create a tag without members; returns its segment id."""
        created: dict[str, Any] = self._lists.create_segment(list_id, {"name": name, "static_segment": []})
        return int(created["id"])

    def add_to_segment(self, list_id: str, segment_id: int, emails: Sequence[str]) -> dict[str, Any]:
        """Give a tag to up to 500 members; returns the vendor's answer: `members_added`, `errors`, the totals."""
        _within_limit(len(emails))
        body = {"members_to_add": list(emails)}
        answer = self._lists.batch_segment_members(body, list_id, str(segment_id))
        return _with(answer, "members_added", "errors")

    def remove_from_segment(self, list_id: str, segment_id: int, emails: Sequence[str]) -> dict[str, Any]:
        """Take a tag from up to 500 members; returns the vendor's answer: `members_removed`, `errors`, the totals."""
        _within_limit(len(emails))
        body = {"members_to_remove": list(emails)}
        answer = self._lists.batch_segment_members(body, list_id, str(segment_id))
        return _with(answer, "members_removed", "errors")

    # --- batches

    def start_batch(self, operations: Sequence[BatchOperation]) -> str:
        """Hand operations over; returns the batch's id, good for `batch_results` for seven days."""
        return self._batches.start(operations)

    def batch_results(self, batch_id: str) -> Iterator[OperationResult]:
        """Wait for a batch and read its results, in any order."""
        return self._batches.results(batch_id)

    def run_batch(self, operations: Sequence[BatchOperation]) -> Iterator[OperationResult]:
        """`start_batch`, then `batch_results`."""
        return self.batch_results(self.start_batch(operations))

    # --- campaigns and reports

    def campaigns(self, list_id: str, since: datetime | None = None) -> Iterator[pa.Table]:
        """Campaigns of an audience sent after an instant; columns in `reports.campaigns`."""
        return reports.campaigns(self._transport, self._connections, list_id, since)

    def email_activity(self, campaign_id: str, since: datetime | None = None) -> Iterator[pa.Table]:
        """Opens, clicks and bounces of a campaign after an instant; columns in `reports.email_activity`."""
        return reports.email_activity(self._transport, self._connections, campaign_id, since)

    def sent_to(self, campaign_id: str) -> Iterator[pa.Table]:
        """Recipients of a campaign; columns in `reports.sent_to`."""
        return reports.sent_to(self._transport, self._connections, campaign_id)

    def unsubscribed(self, campaign_id: str) -> Iterator[pa.Table]:
        """Who unsubscribed from a campaign; columns in `reports.unsubscribed`."""
        return reports.unsubscribed(self._transport, self._connections, campaign_id)

    def _member_pages(self, list_id: str, fields: tuple[str, ...], status: str | None, since: datetime | None) -> Pages:
        params = {"status": status} if status else {}
        if since:
            params["since_last_changed"] = since.isoformat()
        return Pages(self._transport, replace(MEMBERS, fields=fields), {"list_id": list_id}, params)


def _with(answer: dict[str, Any], *lists: str) -> dict[str, Any]:
    """An answer that has these lists. Raises TransientError: what was written shows at the next try."""
    missing = [name for name in lists if not isinstance(answer.get(name), list)]
    if missing:
        raise TransientError(f"Mailchimp's answer lacks {', '.join(missing)}", vendor="mailchimp", code="unreadable")
    return answer


def _within_limit(count: int) -> None:
    if count > WRITE_LIMIT:
        raise ValueError(f"{count} members in one call; Mailchimp takes {WRITE_LIMIT}")
