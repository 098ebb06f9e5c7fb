"""The collections that are read page by page: where they are, what is asked for, how big a page may be.

Source: the vendor's OpenAPI document 3.0.85; paging: https://mailchimp.com/developer/marketing/docs/methods-parameters/.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.mailchimp.urls import fill

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_PAGE = 1000
"""The vendor's maximum for `count`; without one it answers 10."""
REPORT_PAGE = 500
"""What the vendor's support asks for on slow reports: VingtCinq/python-mailchimp PR #207."""
MEMBER_OVERLAP = 10
"""Rows by which two pages of members overlap: so many may leave a page between two calls without one being missed."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One collection. `selector` is the key of its rows; `fields` are those of a row that are asked for."""

    path: str
    selector: str
    fields: tuple[str, ...]
    page_size: int = LARGEST_PAGE
    overlap: int = 0
    params: tuple[tuple[str, str], ...] = ()

    def url(self, ids: Mapping[str, object]) -> str:
        """The path with the ids in it."""
        return fill(self.path, ids)

    @property
    def projection(self) -> str:
        """The value of the `fields` parameter."""
        return ",".join([f"{self.selector}.{field}" for field in self.fields] + ["total_items"])


LISTS = Endpoint("/lists", "lists", ("id", "name", "double_optin", "stats.member_count"))
MERGE_FIELDS = Endpoint("/lists/{list_id}/merge-fields", "merge_fields", ("tag", "name", "type", "required", "options"))
INTEREST_CATEGORIES = Endpoint("/lists/{list_id}/interest-categories", "categories", ("id", "title", "type"))
INTERESTS = Endpoint(
    "/lists/{list_id}/interest-categories/{category_id}/interests", "interests", ("id", "name", "category_id")
)
ALL_STATUSES = (("include_cleaned", "true"), ("include_transactional", "true"), ("include_unsubscribed", "true"))
"""Without these a segment shows, and counts, subscribed members only."""
TAGS = Endpoint(
    "/lists/{list_id}/segments",
    "segments",
    ("id", "name", "member_count", "updated_at"),
    params=(("type", "static"), *ALL_STATUSES),
)
TAG_MEMBERS = Endpoint("/lists/{list_id}/segments/{segment_id}/members", "members", ("id",), params=ALL_STATUSES)
MEMBERS = Endpoint(
    "/lists/{list_id}/members",
    "members",
    ("id",),
    overlap=MEMBER_OVERLAP,
    params=(("sort_field", "last_changed"), ("sort_dir", "ASC")),
)
CAMPAIGNS = Endpoint(
    "/campaigns",
    "campaigns",
    (
        "id",
        "send_time",
        "emails_sent",
        "settings.title",
        "recipients.list_id",
        "report_summary.opens",
        "report_summary.clicks",
    ),
    params=(("status", "sent"), ("sort_field", "send_time"), ("sort_dir", "ASC")),
)
EMAIL_ACTIVITY = Endpoint(
    "/reports/{campaign_id}/email-activity", "emails", ("email_id", "activity"), page_size=REPORT_PAGE
)
SENT_TO = Endpoint("/reports/{campaign_id}/sent-to", "sent_to", ("email_id", "status"))
UNSUBSCRIBED = Endpoint("/reports/{campaign_id}/unsubscribed", "unsubscribes", ("email_id", "timestamp"))
