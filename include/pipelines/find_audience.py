"""Finds the Mailchimp audience that an audience file names, and notices when it is gone (R04) or renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from include.errors import ConfigError, FatalError
from include.staging.store import Partition

if TYPE_CHECKING:
    from include.mailchimp.audience import Listing
    from include.pipelines.run import SyncRun
    from include.wiring import Project


def find_audience(run: SyncRun, listings: list[Listing]) -> Listing:
    """The audience with the configured name or id; remembered under the file's stem.

    Raises:
        FatalError: it was there before and is not any more (R04).
        ConfigError: no audience, or several, have this name; or it was renamed.
    """
    found = look_for(run, listings)
    memory = {"wanted": run.audience.audience, "list_id": found.list_id}
    run.project.staging.write_document(audience_memory(run.stem), memory)
    return found


def look_for(run: SyncRun, listings: list[Listing]) -> Listing:
    """The same, not remembered."""
    wanted = run.audience.audience
    known = known_list(run)
    found = [listing for listing in listings if wanted in {listing.list_id, listing.name}]
    if known is not None and known not in {listing.list_id for listing in listings}:
        raise FatalError(
            f"audience {wanted!r} (id {known}) no longer exists in Mailchimp; people and other audiences are "
            f"untouched. Remove include/config/audiences/{run.stem}.yaml, or name another audience in it"
        )
    if not found:
        raise ConfigError(_unknown(run, listings, known))
    if len(found) > 1:
        ids = ", ".join(sorted(listing.list_id for listing in found))
        raise ConfigError(f"{_where(run)}: {len(found)} audiences are called {wanted!r}; write the id of one: {ids}")
    return found[0]


def known_list(run: SyncRun) -> str | None:
    """The list id that the configured name led to last time; None where it was never looked for."""
    staging, memory = run.project.staging, audience_memory(run.stem)
    if not staging.committed(memory):
        return None
    document = cast("dict[str, str]", staging.document(memory))
    return document["list_id"] if document["wanted"] == run.audience.audience else None


def forget_audiences(project: Project) -> None:
    """Forget which audience each file's name led to."""
    for stem in project.configuration.audiences:
        project.staging.drop(audience_memory(stem))


def audience_memory(stem: str) -> Partition:
    """The staged document that remembers which list a file's name led to."""
    return Partition("mailchimp", "audience", stem)


def _unknown(run: SyncRun, listings: list[Listing], known: str | None) -> str:
    wanted = run.audience.audience
    renamed = [listing.name for listing in listings if listing.list_id == known]
    if renamed:
        return f"{_where(run)}: audience {wanted!r} is now called {renamed[0]!r}; write that name, or the id {known}"
    names = ", ".join(sorted(repr(listing.name) for listing in listings)) or "none"
    return f"{_where(run)}: Mailchimp has no audience {wanted!r}; the account has: {names}"


def _where(run: SyncRun) -> str:
    return f"audiences/{run.stem}.yaml, audience"
