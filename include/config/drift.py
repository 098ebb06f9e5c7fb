"""What changed in both vendors' schemas since the last run of an audience, and what that breaks (X08).

A fingerprint is the facts of each field, merge field and group that matter to a sync. Facts of Salesforce fields are
kept for those that the configuration uses; merge fields and groups are kept whole. Compared are only things that had a
fingerprint: what is newly used is no change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from include.config.findings import Finding
from include.config.schema_uses import Use, group_key, merge_field_key

if TYPE_CHECKING:
    from include.schema import AudienceSchema, Interest, MergeField, SalesforceField, SalesforceSchema

Facts = Mapping[str, object]
Fingerprints = dict[str, Facts]
"""Key (`Salesforce field Contact.Title`, `merge field FNAME`, `group Interests / News`) to facts, JSON values."""
ACKNOWLEDGE = "`python -m include check --acknowledge`"
SALESFORCE = "Salesforce field "
MERGE_FIELD, GROUP = merge_field_key(""), group_key("")


def fingerprints(uses: Iterable[str], audience: AudienceSchema, org: SalesforceSchema) -> Fingerprints:
    """The facts as they are now; what is used and does not exist has none."""
    found: Fingerprints = {}
    for key in uses:
        if key.startswith(SALESFORCE):
            object_name, path = key.removeprefix(SALESFORCE).split(".", 1)
            if field := org.field(object_name, path):
                found[key] = _salesforce(field)
    found |= {merge_field_key(tag): _merge_field(field) for tag, field in audience.merge_fields.items()}
    return found | {group_key(path): _group(interest) for path, interest in audience.interests.items()}


def differences(before: Fingerprints, now: Fingerprints, uses: Mapping[str, Use], stem: str) -> list[Finding]:
    """Every difference: an error where it breaks what the configuration uses, else for information."""
    found: list[Finding] = []
    for key in sorted({*before, *now}):
        use = uses.get(key)
        if key in before and key in now:
            found += _changed(key, before[key], now[key], use)
        elif key in before and (use or not key.startswith(SALESFORCE)):
            found.append(_gone(key, use))
        elif key in now and not key.startswith(SALESFORCE):
            found.append(Finding("info", key, "is new"))
        if key.startswith(MERGE_FIELD) and key in now and not use:
            found += _newly_required(key, before.get(key), now[key], stem)
    return found


def _salesforce(field: SalesforceField) -> Facts:
    return {
        "type": field.type,
        "length": field.length,
        "required": not field.nillable,
        "updateable": field.updateable,
        "createable": field.createable,
        "choices": sorted({text for entry in field.picklist if entry.active for text in (entry.value, entry.label)}),
    }


def _merge_field(field: MergeField) -> Facts:
    return {
        "type": field.type,
        "required": field.required,
        "choices": sorted(field.choices),
        "format": field.date_format or field.phone_format or "",
    }


def _group(interest: Interest) -> Facts:
    return {"type": interest.category_type, "id": interest.id}


def _gone(key: str, use: Use | None) -> Finding:
    if use is None:
        return Finding("info", key, "is gone; nothing here uses it")
    return Finding("error", key, "is gone, or hidden from the user", f"put it back, or take it out of {_where(use)}")


def _changed(key: str, before: Facts, now: Facts, use: Use | None) -> Iterator[Finding]:
    for fact in sorted({*before, *now}):
        old, new = before.get(fact), now.get(fact)
        if old == new:
            continue
        if fact == "type" and use:
            found = f"its type changed from {old} to {new}"
            yield Finding("error", key, found, f"see whether {_where(use)} still means it, then {ACKNOWLEDGE}")
        elif fact == "choices":
            yield from _choices(key, cast("list[str]", old or []), cast("list[str]", new or []), use)
        else:
            yield Finding("info", key, f"{fact} changed from {_shown(old)} to {_shown(new)}")


def _choices(key: str, old: list[str], new: list[str], use: Use | None) -> Iterator[Finding]:
    lost, added = set(old) - set(new), set(new) - set(old)
    needed = sorted(lost & use.choices) if use else []
    if use and needed:
        to_do = f"put back what {_where(use)} needs or correct it, then {ACKNOWLEDGE}"
        yield Finding("error", key, f"choices in use are gone: {', '.join(needed)}", to_do)
    rest = [("gone", sorted(lost - set(needed))), ("new", sorted(added))]
    for what, choices in rest:
        if choices:
            yield Finding("info", key, f"choices {what}: {', '.join(choices)}")


def _newly_required(key: str, before: Facts | None, now: Facts, stem: str) -> Iterator[Finding]:
    if now["required"] and not (before and before["required"]):
        to_do = f"map it in audiences/{stem}.yaml, or make it optional in Mailchimp"
        yield Finding("error", key, "is required now, and nothing maps it", to_do)


def _where(use: Use) -> str:
    return "; ".join(use.where)


def _shown(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value) or "none"
