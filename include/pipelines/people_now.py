"""Who changed in Salesforce since the run's plan knew it: what a load has to know of people before it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from include.errors import FatalError
from include.keys import email_key
from include.load.leads import UNIQUE_KEY
from include.pipelines import watermarks
from include.pipelines.people_merge import SOURCE
from include.schema import PERSON_OBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from include.config.models import Audience
    from include.pipelines.run import SyncRun
    from include.salesforce.client import SalesforceClient
    from include.schema import PersonObject

OPT_OUT = "HasOptedOutOfEmail"


class PersonNow(NamedTuple):
    """A person as Salesforce shows it now.

    Attributes:
        id: its Salesforce Id.
        email_key: of its e-mail; None where it has none, or is deleted.
        created_by_us: a Lead that the sync has made for its e-mail.
        opted_out: by Email Opt Out, or by the audience's own checkbox.
        agrees: the consent field says so, or the audience has none.
    """

    id: str
    email_key: str | None
    created_by_us: bool
    opted_out: bool
    agrees: bool


def changed_people(run: SyncRun, client: SalesforceClient) -> Iterator[PersonNow]:
    """The people that changed since the reading of Salesforce that the run pinned, by Salesforce's clock.

    Compared here, so that no URL carries an address. Raises FatalError where Salesforce was never read.
    """
    since = run.pins().people_until or watermarks.oldest(run.project, SOURCE)
    if since is None:
        raise FatalError("Salesforce was not extracted yet: run extract_salesforce, then the sync")
    for name in PERSON_OBJECTS:
        opt_outs, consent = _fields(run.audience, name)
        own = [UNIQUE_KEY] if name == "Lead" else []
        fields = dict.fromkeys(["Id", "Email", "IsDeleted", *opt_outs, *([consent] if consent else []), *own])
        changed = f"SystemModstamp >= {since:%Y-%m-%dT%H:%M:%SZ}"
        for row in client.query(f"SELECT {', '.join(fields)} FROM {name} WHERE {changed}", include_deleted=True):
            there = row.get("Email") and not row["IsDeleted"]
            key = email_key(str(row["Email"])) if there else None
            yield PersonNow(
                id=str(row["Id"]),
                email_key=key,
                created_by_us=key is not None and row.get(UNIQUE_KEY) == key,
                opted_out=any(row.get(field) is True for field in opt_outs),
                agrees=_agrees(run.audience, row, consent),
            )


def _fields(audience: Audience, name: PersonObject) -> tuple[list[str], str | None]:
    """The fields that say that a person opted out, and the one that says that it agreed."""
    checkbox = audience.opt_out_checkbox.field(name) if audience.opt_out_checkbox else None
    consent = None if audience.consent == "none" else audience.consent.field(name)
    return [OPT_OUT, *([checkbox] if checkbox else [])], consent


def _agrees(audience: Audience, row: Mapping[str, object], consent: str | None) -> bool:
    return audience.consent == "none" or (consent is not None and row.get(consent) is True)
