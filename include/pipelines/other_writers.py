"""Other programs in the org that sync it with Mailchimp: two writers undo each other.

They are told by the namespace prefix of their objects and fields, which the org's list of objects shows to a user who
may see them. Sources of the prefixes: public code on `MC4SF__MC_Subscriber__c` and its like (Mailchimp for Salesforce,
orgs connected before May 2024); Beaufort 12's support pages for `mone`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from include.config.findings import Finding
from include.errors import StoppedByCheck
from include.schema import OtherWriter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from include.config.models import Configuration
    from include.schema import SalesforceSchema

PREFIXES: dict[OtherWriter, str] = {"mc4sf": "MC4SF__", "beaufort12": "mone__"}
NAMES: dict[OtherWriter, str] = {"mc4sf": "Mailchimp for Salesforce (MC4SF)", "beaufort12": "Beaufort 12's app"}


def installed_packages(object_names: Iterable[str], schema: SalesforceSchema) -> tuple[OtherWriter, ...]:
    """The packages whose prefix an object of the org, or a field of a described object, has."""
    fields = (name for described in schema.objects.values() for name in described.fields)
    names = [name.lower() for name in (*object_names, *fields)]
    packages: tuple[OtherWriter, ...] = get_args(OtherWriter)
    return tuple(each for each in packages if any(name.startswith(PREFIXES[each].lower()) for name in names))


def package_findings(configuration: Configuration, schema: SalesforceSchema) -> list[Finding]:
    """A finding per installed package: an error where the configuration does not acknowledge it."""
    return [_finding(each, acknowledged=each in configuration.pipeline.acknowledge) for each in schema.packages]


def stop_beside_others(configuration: Configuration, schema: SalesforceSchema) -> None:
    """Raise StoppedByCheck where a package is installed that the configuration does not acknowledge."""
    errors = [each for each in package_findings(configuration, schema) if each.severity == "error"]
    if errors:
        raise StoppedByCheck(f"{'; '.join(map(str, errors))}. Nothing was read or written")


def _finding(package: OtherWriter, *, acknowledged: bool) -> Finding:
    subject = "Salesforce packages"
    found = f"{NAMES[package]} is installed in the org, and may write what this sync writes"
    if acknowledged:
        return Finding("info", subject, f"{NAMES[package]} is installed in the org; pipeline.yaml acknowledges it")
    to_do = f"uninstall it, or switch its sync off and write `acknowledge: [{package}]` in pipeline.yaml"
    return Finding("error", subject, found, to_do)
