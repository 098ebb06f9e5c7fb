"""Who gets activity: the members of an audience that belong to a person, and the keys of their events."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from include.schema import AudienceSchema, SalesforceSchema
from include.transform.inputs import Inputs
from include.transform.match import find_people, follow_successors, match_members
from include.warehouse.store import connect
from include.warehouse.tables import EMAILS, MEMBERS, PEOPLE

if TYPE_CHECKING:
    import pyarrow as pa

    from include.config.models import Audience
    from include.wiring import Project


def subscribers(project: Project, audience: Audience, list_id: str) -> pa.Table:
    """list_id, email_key, event_key: one row per matched member and per address that its events are known under.

    The addresses are the member's own and those it had before (same contact_id). Members that are gone have none.
    """
    connection, warehouse = connect(), project.warehouse
    warehouse.view(connection, "members", MEMBERS, list_id=list_id)
    warehouse.view(connection, "people", PEOPLE)
    warehouse.view(connection, "emails", EMAILS)
    inputs = who_is_who(audience, list_id, project.configuration.pipeline.time_zone)
    find_people(connection, inputs)
    follow_successors(connection)
    match_members(connection, inputs)
    return connection.sql(
        """
        WITH present AS (
            SELECT list_id, email_key, contact_id FROM roster SEMI JOIN matched USING (email_key)
            WHERE status <> 'forgotten'
        )
        SELECT list_id, email_key, email_key AS event_key FROM present
        UNION
        SELECT present.list_id, present.email_key, former.email_key
        FROM present JOIN emails former ON former.source = present.list_id AND former.holder_id = present.contact_id
        WHERE former.email_key NOT IN (SELECT email_key FROM present)
        """
    ).to_arrow_table()


def who_is_who(audience: Audience, list_id: str, zone: str) -> Inputs:
    """Matching goes by e-mail alone: no query, field or consent takes part, so that none needs to have been read."""
    no_checkbox = {"unsubscribe_sets_opt_out": "all"}
    plain = audience.model_copy(update={"fields": {}, "queries": (), "consent": "none", **no_checkbox})
    return Inputs(plain, AudienceSchema(list_id, audience.audience), SalesforceSchema({}), date.min, zone)
