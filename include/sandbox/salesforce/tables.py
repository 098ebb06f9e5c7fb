"""The org's SQLite tables: one per object with a column per field, and the org's own book-keeping."""

from collections.abc import Iterator

from include.sandbox.salesforce.credentials import USER_ID
from include.sandbox.salesforce.schema import NUMBER_TYPES, Field, Schema, SObject

OWN_TABLES = """
CREATE TABLE IF NOT EXISTS _meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS _ids (prefix TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS _jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, spec TEXT NOT NULL, created TEXT NOT NULL,
    changed TEXT NOT NULL, processed INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
    retries INTEGER NOT NULL DEFAULT 0, milliseconds INTEGER NOT NULL DEFAULT 0, error TEXT
);
CREATE TABLE IF NOT EXISTS _job_uploads (job TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS _job_rows (
    job TEXT NOT NULL, row INTEGER NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL, error TEXT NOT NULL,
    line TEXT NOT NULL, PRIMARY KEY (job, row)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _job_pages (
    job TEXT NOT NULL, first INTEGER NOT NULL, ends BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (job, first)
);
CREATE TABLE IF NOT EXISTS _cursors (
    name TEXT PRIMARY KEY, soql TEXT NOT NULL, tooling INTEGER NOT NULL, rows BLOB NOT NULL, size INTEGER NOT NULL,
    opened TEXT NOT NULL
);
"""

# What Salesforce puts together by itself when a record is read.
_PERSON_NAME = """trim(coalesce("FirstName" || ' ', '') || "LastName")"""
_PHOTO_URL = "'/services/images/photo/' || \"Id\""
_COMPUTED = {
    ("Contact", "Name"): _PERSON_NAME,
    ("Lead", "Name"): _PERSON_NAME,
    ("Contact", "PhotoUrl"): _PHOTO_URL,
    ("Lead", "PhotoUrl"): _PHOTO_URL,
    ("Account", "PhotoUrl"): _PHOTO_URL,
}
# What the org fills in by itself without saying so in the describe (recording `salesforce__export-account__*`).
_DEFAULTS = {("Account", "CleanStatus"): "Pending", ("Contact", "CleanStatus"): "Pending"}
# SOQL compares and sorts text without regard to case, but not these.
_EXACT = NUMBER_TYPES | {"boolean", "id", "reference", "date", "datetime"}
_USERS = frozenset({"OwnerId", "CreatedById", "LastModifiedById"})


def is_computed(sobject: SObject, field: Field) -> bool:
    """Whether the database computes the column, so that nothing can be written to it."""
    return bool(field.expression) or (sobject.name, field.name) in _COMPUTED


def quoted(name: str) -> str:
    """A name of the schema as an SQL identifier."""
    return f'"{name}"'


def column_sql(field: Field, table: str) -> str:
    """A field's value in SQL, in a table with that alias."""
    if not field.expression:
        return f"{table}.{quoted(field.name)}"
    computed = field.expression.format(table=table)
    return computed if field.type in _EXACT else f"{computed} COLLATE NOCASE"


def ddl(schema: Schema) -> Iterator[str]:
    """The statements that make the tables of the schema's objects where they are missing."""
    for sobject in schema.objects.values():
        columns = ",\n    ".join(_column(sobject, one) for one in sobject.columns())
        yield f"CREATE TABLE IF NOT EXISTS {quoted(sobject.name)} (\n    {columns}\n)"
        yield from _indexes(sobject)


def _column(sobject: SObject, field: Field) -> str:
    name = quoted(field.name)
    computed = _COMPUTED.get((sobject.name, field.name))
    if computed:
        return f"{name} TEXT COLLATE NOCASE GENERATED ALWAYS AS ({computed}) VIRTUAL"
    if field.type == "id":
        return f"{name} TEXT PRIMARY KEY NOT NULL"
    if field.type == "boolean":
        return f"{name} INTEGER NOT NULL DEFAULT {int(bool(field.describe['defaultValue']))}"
    if field.type in NUMBER_TYPES:
        return f"{name} {'INTEGER' if field.type == 'int' else 'REAL'}"
    collation = "" if field.type in _EXACT else " COLLATE NOCASE"
    default = _DEFAULTS.get((sobject.name, field.name)) or field.describe["defaultValue"]
    default = USER_ID if field.name in _USERS else default
    return f"{name} TEXT{collation}" + (f" DEFAULT '{default}'" if isinstance(default, str) else "")


def _indexes(sobject: SObject) -> Iterator[str]:
    for field in sobject.columns():
        found_by = field.lookup_key and not is_computed(sobject, field) and field.name != "Id"
        followed = field.reference_to and field.name not in _USERS
        index = quoted(f"{sobject.name}_{field.name}")
        target = f"{quoted(sobject.name)} ({quoted(field.name)})"
        if field.name == "SystemModstamp":
            yield f"CREATE INDEX IF NOT EXISTS {index} ON {target}"
        elif found_by or followed:
            yield f"CREATE INDEX IF NOT EXISTS {index} ON {target} WHERE {quoted(field.name)} IS NOT NULL"
