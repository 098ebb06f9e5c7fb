"""Bodies of the calls that write members, as the OpenAPI document describes them."""

from typing import Any, Literal

from pydantic import Field

from include.sandbox.mailchimp.bodies import Body

Status = Literal["subscribed", "unsubscribed", "cleaned", "pending", "transactional"]
PatchStatus = Literal["subscribed", "unsubscribed", "cleaned", "pending"]


class Location(Body):
    """Where a member is."""

    latitude: float = 0
    longitude: float = 0


class MemberBody(Body):
    """What every write of a member may carry."""

    email_address: str | None = None
    email_type: Literal["html", "text"] | None = None
    status: Status | None = None
    merge_fields: dict[str, Any] | None = None
    interests: dict[str, bool] | None = None
    language: str | None = None
    vip: bool | None = None
    location: Location | None = None
    ip_signup: str | None = None
    timestamp_signup: str | None = None
    ip_opt: str | None = None
    timestamp_opt: str | None = None


class PutBody(MemberBody):
    """PUT /lists/{list_id}/members/{subscriber_hash}."""

    status_if_new: Status | None = None


class PatchBody(MemberBody):
    """PATCH /lists/{list_id}/members/{subscriber_hash}: nobody can be made transactional."""

    status: PatchStatus | None = None


class NewBody(MemberBody):
    """POST /lists/{list_id}/members."""

    email_address: str
    status: Status
    tags: list[str] = Field(default_factory=list)


class BatchMember(MemberBody):
    """One member of POST /lists/{list_id}."""

    email_address: str
    tags: list[str] = Field(default_factory=list)


class BatchBody(Body):
    """POST /lists/{list_id}; the members are checked one by one."""

    members: list[dict[str, Any]]
    update_existing: bool = False
    sync_tags: bool = False
