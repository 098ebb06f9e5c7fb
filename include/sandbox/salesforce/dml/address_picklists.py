"""State and Country picklists, in an org that has them switched on: addresses take the names of the configured lists.

Codes in the fields of names are refused (SalesforceFoundation/NPSP issue 2067); the messages are those of public
threads and code. The lists are this org's: an administrator chooses the countries.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from include.sandbox.controls import Switch
from include.sandbox.salesforce.dml.changes import Change, select_by, standing
from include.sandbox.salesforce.schema import Field, SObject
from include.sandbox.salesforce.values import Stored

SWITCHES = {
    "state_and_country_picklists": Switch(
        False,
        "addresses take the names of the org's countries and states only, else `FIELD_INTEGRITY_EXCEPTION`; the fields "
        "of codes are not served",
    ),
    "address_names_fold_case": Switch(False, "those names are compared without regard to case, else exactly"),
}


def _names(listing: str) -> frozenset[str]:
    return frozenset(listing.split("|"))


STATES: Mapping[str, frozenset[str]] = {
    "United States": _names(
        "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|District of Columbia|Florida|Georgia|"
        "Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|"
        "Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina|"
        "North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|"
        "Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming"
    ),
    "Canada": _names(
        "Alberta|British Columbia|Manitoba|New Brunswick|Newfoundland and Labrador|Northwest Territories|Nova Scotia|"
        "Nunavut|Ontario|Prince Edward Island|Quebec|Saskatchewan|Yukon Territories"
    ),
    "Brazil": _names(
        "Acre|Alagoas|Amapá|Amazonas|Bahia|Ceará|Distrito Federal|Espírito Santo|Goiás|Maranhão|Mato Grosso|"
        "Mato Grosso do Sul|Minas Gerais|Pará|Paraíba|Paraná|Pernambuco|Piauí|Rio de Janeiro|Rio Grande do Norte|"
        "Rio Grande do Sul|Rondônia|Roraima|Santa Catarina|São Paulo|Sergipe|Tocantins"
    ),
    **dict.fromkeys(("Austria", "Belgium", "France", "Germany", "Poland", "Spain", "Switzerland"), frozenset()),
    **dict.fromkeys(("China", "Japan", "United Kingdom"), frozenset()),
}
"""The countries of the org with their states."""


@cache
def _addresses(sobject: SObject) -> tuple[tuple[Field, Field], ...]:
    """State and country of each address of the object."""
    compounds = dict.fromkeys(field.compound for field in sobject.fields.values() if field.compound)
    parts = (sobject.parts(compound) for compound in compounds)
    return tuple((part["state"], part["country"]) for part in parts if {"state", "country"} <= part.keys())


def check_addresses(
    connection: sqlite3.Connection, sobject: SObject, changes: Iterable[Change], *, folded: bool
) -> None:
    """Refuses the rows with a state or country that is not on the lists, or with a state of no country.

    With `folded`, names are compared without regard to case.
    """
    for state, country in _addresses(sobject):
        touched = [one for one in standing(changes) if state.name in one.values or country.name in one.values]
        before = dict(_before(connection, sobject, (state, country), touched))
        for change in touched:
            known = before.get(change.record_id, (None, None))
            country_name = _listed(change.values.get(country.name, known[1]), STATES, folded=folded)
            states = STATES.get(str(country_name), frozenset())
            state_name = _listed(change.values.get(state.name, known[0]), states, folded=folded)
            _check(change, state, state_name, country, country_name)


def _listed(name: Stored, names: Iterable[str], *, folded: bool) -> Stored:
    """A name as it is listed where case does not matter, else as it is."""
    same = (one for one in names if folded and str(name).casefold() == one.casefold())
    return next(same, name)


def _before(
    connection: sqlite3.Connection, sobject: SObject, fields: tuple[Field, Field], changes: Iterable[Change]
) -> Iterator[tuple[str, tuple[Stored, Stored]]]:
    ids = [change.record_id for change in changes if not change.new]
    columns = ("Id", *(field.name for field in fields))
    for record_id, state, country in select_by(connection, sobject, sobject.fields["Id"], ids, columns):
        yield str(record_id), (state, country)


def _check(change: Change, state: Field, state_name: Stored, country: Field, country_name: Stored) -> None:
    code = "FIELD_INTEGRITY_EXCEPTION"
    if country_name is not None and country_name not in STATES:
        message = (
            "There's a problem with this country/territory, even though it may appear correct. Please select a "
            f"country/territory from the list of valid countries.: {country.label}"
        )
        change.refuse(code, message, country.name)
    elif state_name is None:
        return
    elif country_name is None:
        message = f"A country/territory must be specified before specifying a state value for field: {state.label}"
        change.refuse(code, message, state.name)
    elif state_name not in STATES[str(country_name)]:
        message = (
            "There's a problem with this state, even though it may appear correct. Please select a state from the list"
            f" of valid states.: {state.label}"
        )
        change.refuse(code, message, state.name)
