"""Campaign members: a person is one of a campaign once; the campaign's own statuses say who has responded.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_campaignmember.htm
A status that the campaign does not have gives way to its default one (quoted from the API guide in the vendor's forum,
https://dfc-org-production.force.com/forums/ForumsMain?id=906F00000008idQIAQ).
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator

from include.sandbox.controls import Switch
from include.sandbox.salesforce.dml.changes import Change, standing
from include.sandbox.salesforce.values import Stored
from include.sandbox.salesforce.wordings import assumed

SWITCHES = {
    "unknown_member_status_kept": Switch(
        False,
        "a member's status that its campaign does not have is stored, else the campaign's default takes its place "
        "(API guide)",
    ),
    "campaigns_come_with_statuses": Switch(
        True,
        "a new campaign gets the statuses Sent (its default) and Responded, else none: then any is stored",
    ),
}


def check_campaign_members(connection: sqlite3.Connection, changes: list[Change], *, keep_unknown: bool) -> None:
    """Refuses a second membership, sees to it that members have a status of their campaign, derives `HasResponded`.

    Args:
        connection: in a write transaction.
        changes: to campaign members.
        keep_unknown: whether a status that the campaign does not have is stored, counting as no response.
    """
    _refuse_second(connection, changes)
    campaigns = {_campaign(change) for change in standing(changes)}
    statuses = {
        (campaign, str(label).casefold()): responded
        for campaign, label, responded, _ in _statuses(connection, campaigns)
    }
    defaults = {campaign: label for campaign, label, _, default in _statuses(connection, campaigns) if default}
    for change in standing(changes):
        campaign = _campaign(change)
        if not change.new and "Status" not in change.values:
            continue
        status = (campaign, str(change.values.get("Status")).casefold())
        missing = change.values.get("Status") is None or (status not in statuses and not keep_unknown)
        if missing and campaign in defaults:
            change.values["Status"] = defaults[campaign]
            status = (campaign, str(defaults[campaign]).casefold())
        change.values["HasResponded"] = int(bool(statuses.get(status)))


def first_statuses(changes: Iterable[Change]) -> Iterator[dict[str, Stored]]:
    """The statuses of new campaigns; since version 39 each must have a default one and one that has responded.

    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/api/sforce_api_objects_campaignmemberstatus.htm
    """
    for change in changes:
        for number, label in enumerate(("Sent", "Responded") if change.new else ()):
            responded, default = int(label == "Responded"), int(label == "Sent")
            yield {
                "CampaignId": change.record_id,
                "Label": label,
                "HasResponded": responded,
                "IsDefault": default,
                "SortOrder": number + 1,
            }


def move_default(connection: sqlite3.Connection, changes: Iterable[Change]) -> None:
    """Takes the default from the other statuses of a campaign that has got a new one: there is one."""
    for change in changes:
        if change.values.get("IsDefault"):
            connection.execute(
                'UPDATE "CampaignMemberStatus" SET "IsDefault" = 0 WHERE "Id" <> :new AND "CampaignId" ='
                ' (SELECT "CampaignId" FROM "CampaignMemberStatus" WHERE "Id" = :new)',
                {"new": change.record_id},
            )


def _refuse_second(connection: sqlite3.Connection, changes: list[Change]) -> None:
    new = [change for change in standing(changes) if change.new and _person(change)]
    people = json.dumps([_person(change) for change in new])
    sql = (
        'SELECT "CampaignId", coalesce("ContactId", "LeadId") FROM "CampaignMember" WHERE "IsDeleted" = 0'
        ' AND ("ContactId" IN (SELECT value FROM json_each(:people)) OR "LeadId" IN'
        " (SELECT value FROM json_each(:people)))"
    )
    members = set(connection.execute(sql, {"people": people})) if new else set()
    for change in new:
        member = (_campaign(change), _person(change))
        if member in members:
            change.refuse_as(assumed("member_twice"))
        members.add(member)


def _statuses(connection: sqlite3.Connection, campaigns: Iterable[Stored]) -> list[tuple[Stored, ...]]:
    sql = (
        'SELECT "CampaignId", "Label", "HasResponded", "IsDefault" FROM "CampaignMemberStatus"'
        ' WHERE "IsDeleted" = 0 AND "CampaignId" IN (SELECT value FROM json_each(?))'
    )
    return connection.execute(sql, (json.dumps(list(campaigns)),)).fetchall()


def _campaign(change: Change) -> Stored:
    return change.values.get("CampaignId", change.before.get("CampaignId"))


def _person(change: Change) -> Stored:
    return change.values.get("ContactId") or change.values.get("LeadId")
