"""What each merge field of an existing member should be, by ordered rules (R15, R16, X03, detail 10).

The rules are data, in two lists: who wins a field (`WINNERS`), and what becomes of it then (`OUTCOMES`). In each the
first rule whose condition holds decides. They compare three canonical values: Salesforce's, Mailchimp's, and the one
of the last sync.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from include.config.write_back import Target, WrittenObject, write_targets
from include.schema import PERSON_OBJECTS
from include.transform import sql
from include.transform.canonical import to_json

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.config.models import FieldMapping
    from include.config.policies import Conflict
    from include.schema import MergeField
    from include.transform.inputs import Inputs

ACTIVE = ("subscribed", "pending", "unsubscribed", "transactional")
"""Statuses of members that are kept up to date (detail 3); cleaned and archived ones are left alone."""

Winner = Literal["salesforce", "mailchimp"]
Outcome = Literal["held", "equal", "unwritable", "keep", "salesforce", "blank", "mailchimp"]
"""held: both sides stay, as if nobody had looked; equal: they agree; unwritable: both stay, Salesforce can't hold
Mailchimp's value; keep: Mailchimp does not follow Salesforce's blank; salesforce, blank: Mailchimp takes Salesforce's
value, or is blanked; mailchimp: Salesforce takes Mailchimp's."""
Column = Literal["salesforce", "mailchimp", "synced", "settled", "misfit", "winner", "outcome"]


@dataclass(frozen=True, slots=True)
class MappedField:
    """A merge field with its mapping and conflict policy, and the names of its columns in the comparison.

    `targets`: where it is written in Salesforce, by object; none with `conflict: salesforce`.
    """

    merge_field: MergeField
    mapping: FieldMapping
    conflict: Conflict = "salesforce"
    targets: Mapping[WrittenObject, Target] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """The merge tag."""
        return self.merge_field.tag

    def column(self, kind: Column) -> str:
        """A column of `decided`.

        Canonical text: `salesforce`, `mailchimp`: what is there now; `synced`: at the last sync, `''` where both sides
        were known to be blank then; `settled`: what Salesforce would show of Mailchimp's value. `misfit`: the rule by
        which Salesforce could not hold that one. `winner`, `outcome`: what the rules say.
        """
        return sql.name(f"{kind} {self.tag}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One step of the precedence: `holds` is a condition in SQL, made for a field."""

    name: str
    holds: Callable[[MappedField], str]
    then: Winner | Outcome


def _edited_both(f: MappedField) -> str:
    return f"coalesce({f.column('salesforce')}, '') <> {f.column('synced')}"


def _required_in_salesforce(f: MappedField) -> str:
    return f"list_contains({sql.texts(name for name, target in f.targets.items() if target.required)}, target)"


WINNERS: tuple[Rule, ...] = (
    Rule("`conflict: salesforce`", lambda f: sql.boolean(f.conflict == "salesforce"), "salesforce"),
    Rule("another member of the person speaks for it", lambda _: "outranked", "salesforce"),
    Rule(
        "Mailchimp has what the last sync left",
        lambda f: f"coalesce({f.column('mailchimp')}, '') = {f.column('synced')}",
        "salesforce",
    ),
    Rule(
        "never synced before, and Salesforce has a value",
        lambda f: f"{f.column('synced')} IS NULL AND {f.column('salesforce')} IS NOT NULL",
        "salesforce",
    ),
    Rule(
        "blank in Mailchimp: `blank: keep`, or a field that Salesforce requires",
        lambda f: (
            f"{f.column('mailchimp')} IS NULL"
            f" AND ({sql.boolean(f.mapping.blank == 'keep')} OR {_required_in_salesforce(f)})"
        ),
        "salesforce",
    ),
    Rule("`conflict: mailchimp`", lambda f: sql.boolean(f.conflict == "mailchimp"), "mailchimp"),
    Rule(
        "`conflict: fill_blank`, and Salesforce has a value",
        lambda f: f"{sql.boolean(f.conflict == 'fill_blank')} AND {f.column('salesforce')} IS NOT NULL",
        "salesforce",
    ),
    Rule(
        "`conflict: newest`, Salesforce changed as well, and the person not before the member",
        lambda f: f"{sql.boolean(f.conflict == 'newest')} AND {_edited_both(f)} AND NOT changed_later",
        "salesforce",
    ),
    Rule("otherwise: it was edited in Mailchimp", lambda _: "true", "mailchimp"),
)
"""Who wins a field, in order of precedence."""

OUTCOMES: tuple[Rule, ...] = (
    Rule("held back by validation", lambda f: f"list_contains(left_out, {sql.text(f.tag)})", "held"),
    Rule("no source for this kind of person", lambda f: _no_source(f.mapping), "held"),
    Rule(
        "both sides are equal", lambda f: f"{f.column('salesforce')} IS NOT DISTINCT FROM {f.column('mailchimp')}",
        "equal",
    ),
    Rule(
        "Mailchimp wins, with a value that Salesforce can't hold",
        lambda f: f"{f.column('winner')} = 'mailchimp' AND {f.column('misfit')} IS NOT NULL",
        "unwritable",
    ),
    Rule("Mailchimp wins", lambda f: f"{f.column('winner')} = 'mailchimp'", "mailchimp"),
    Rule("Salesforce has a value", lambda f: f"{f.column('salesforce')} IS NOT NULL", "salesforce"),
    Rule("required in Mailchimp", lambda f: sql.boolean(f.merge_field.required), "keep"),
    Rule("`blank: keep`", lambda f: sql.boolean(f.mapping.blank == "keep"), "keep"),
    Rule("`blank: overwrite`", lambda f: sql.boolean(f.mapping.blank == "overwrite"), "blank"),
    Rule("filled at the last sync", lambda f: f"{f.column('synced')} <> ''", "blank"),
    Rule("never filled", lambda _: "true", "keep"),
)  # fmt: skip
"""What becomes of a field, in order of precedence."""


def mapped_fields(inputs: Inputs) -> list[MappedField]:
    """The mapped merge fields, by tag."""
    fields = []
    for merge_field, mapping in inputs.mapped:
        conflict = inputs.audience.conflict(mapping)
        targets = {} if conflict == "salesforce" else write_targets(inputs.org, mapping)
        fields.append(MappedField(merge_field, mapping, conflict, targets))
    return fields


def decide(rules: Sequence[Rule], mapped: MappedField) -> str:
    """SQL: what the first rule that holds says."""
    return sql.choice((rule.holds(mapped), sql.text(rule.then)) for rule in rules)


def compare_values(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `value_changes`: members whose merge fields, or whose memory of the last sync, have to change.

    Columns: email_key; "after" and "before": JSON text of the differing merge fields, `{}` where none differs; edited:
    an edit made in Mailchimp is overwritten; field_values: what `synced_values` should say once all is written.
    Reads `decided` (`decisions.py`).
    """
    fields = mapped_fields(inputs)
    after = sql.json_object((f.tag, _if_differs(f, to_json(_desired(f), f.merge_field))) for f in fields)
    before = sql.json_object((f.tag, _if_differs(f, _stored(f))) for f in fields)
    remembered = sql.json_object((f.tag, sql.json_text(_remembered(f))) for f in fields)
    edited = " OR ".join(_overwritten(f) for f in fields) or "false"
    connection.execute(
        f"""
        CREATE TEMP TABLE value_changes AS
        SELECT email_key, "after", "before", edited, field_values FROM (
            SELECT email_key, was_synced, {after} AS "after", {before} AS "before", {edited} AS edited,
                   {remembered} AS field_values
            FROM decided
        ) WHERE "after" <> '{{}}' OR field_values IS DISTINCT FROM was_synced
        """
    )


def remembered_of_new(mapped: MappedField, value: str) -> str:
    """SQL: what to remember of a new member's field: its value, and of one that both sides write, that it is blank."""
    if mapped.conflict == "salesforce":
        return value
    return sql.choice([(f"NOT {_no_source(mapped.mapping)}", f"coalesce({value}, '')")])


def _desired(f: MappedField) -> str:
    """What Mailchimp should hold; null where it is left alone. What Salesforce writes otherwise is written alike."""
    return sql.choice([
        (f"{f.column('outcome')} = 'salesforce'", f.column("salesforce")),
        (f"{f.column('outcome')} = 'blank'", "''"),
        *([(f"{f.column('outcome')} = 'mailchimp'", f"coalesce({f.column('settled')}, '')")] if f.targets else []),
    ])  # fmt: skip


def _differs(f: MappedField) -> str:
    return f"{_desired(f)} <> coalesce({f.column('mailchimp')}, '')"


def _if_differs(f: MappedField, value: str) -> str:
    return sql.choice([(_differs(f), value)])


def _stored(f: MappedField) -> str:
    return to_json(f"coalesce({f.column('mailchimp')}, '')", f.merge_field)


def _overwritten(f: MappedField) -> str:
    """Mailchimp no longer holds what the last sync left there, and Salesforce's value replaces it."""
    unlike = f"{f.column('synced')} <> coalesce({f.column('mailchimp')}, '')"
    return f"coalesce({f.column('outcome')} IN ('salesforce', 'blank') AND {_differs(f)} AND {unlike}, false)"


def _remembered(f: MappedField) -> str:
    """What is there once all is written: in Mailchimp, where it stays apart; else what both last agreed on.

    A field that Salesforce alone decides over remembers Salesforce's value, and no blanks.
    """
    if f.conflict == "salesforce":
        held = f"list_contains(left_out, {sql.text(f.tag)})"
        return sql.choice([(held, f.column("synced"))], f.column("salesforce"))
    agreed: dict[Outcome, str] = {
        "equal": f"coalesce({f.column('salesforce')}, '')",
        "salesforce": f.column("salesforce"),
        "blank": "''",
        "keep": f"coalesce({f.column('mailchimp')}, '')",
        "mailchimp": f"coalesce({f.column('settled')}, '')",
    }
    cases = [(f"{f.column('outcome')} = '{outcome}'", value) for outcome, value in agreed.items()]
    return sql.choice(cases, f.column("synced"))


def _no_source(mapping: FieldMapping) -> str:
    without = [name for name in PERSON_OBJECTS if mapping.source(name) is None]
    return f"list_contains({sql.texts(without)}, object)"
