"""All switches of the org, by the modules that heed them; docs/sandbox.md shows them as two tables."""

from collections.abc import Mapping

from include.sandbox.controls import Switch
from include.sandbox.salesforce import (
    administered,
    assignment_rules,
    cursors,
    limits,
    localization,
    recycle_bin,
    sessions,
    wordings,
)
from include.sandbox.salesforce.bulk import jobs, query_jobs, rows, runner
from include.sandbox.salesforce.credentials import ORGANIZATION_ID, USER_ID
from include.sandbox.salesforce.dml import (
    address_picklists,
    campaign_members,
    deletion,
    duplicates,
    person_accounts,
    rules,
    validation,
)
from include.sandbox.salesforce.routes import json_types
from include.sandbox.salesforce.soql import columns

IDENTITY = {
    "organization_id": Switch(
        ORGANIZATION_ID, "which org `/userinfo` names: another one is another org with the same data"
    ),
    "user_id": Switch(USER_ID, "which user `/userinfo` names"),
}
BEHAVIOURS: Mapping[str, Switch] = {
    **IDENTITY,
    **administered.SWITCHES,
    **localization.SWITCHES,
    **cursors.SWITCHES,
    **columns.SWITCHES,
    **recycle_bin.SWITCHES,
    **deletion.SWITCHES,
    **person_accounts.SWITCHES,
    **json_types.SWITCHES,
    **rules.SWITCHES,
    **validation.SWITCHES,
    **duplicates.SWITCHES,
    **assignment_rules.SWITCHES,
    **campaign_members.SWITCHES,
    **address_picklists.SWITCHES,
    **runner.SWITCHES,
    **rows.SWITCHES,
    **query_jobs.SWITCHES,
    **jobs.SWITCHES,
    **sessions.SWITCHES,
    **limits.SWITCHES,
}
WORDS: Mapping[str, Switch] = wordings.SWITCHES
SWITCHES: Mapping[str, Switch] = {**BEHAVIOURS, **WORDS}
