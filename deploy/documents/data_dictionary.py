"""`docs/data_dictionary.md`: the tables that outlive a run, column by column."""

from __future__ import annotations

from include.warehouse.tables import TABLES, Table

HEAD = """# Data dictionary

Made by `make docs` from `include/warehouse/tables.py`: the Delta Lake tables under `<root>/warehouse`.
"""


def text() -> str:
    """Return the document."""
    return HEAD + "".join(_section(table) for table in TABLES)


def _section(table: Table) -> str:
    partitions = (
        f" Partitioned by {', '.join(f'`{name}`' for name in table.partition_by)}." if table.partition_by else ""
    )
    rows = [f"| `{column.name}` | {column.type} | {_cell(column.description)} |\n" for column in table.columns]
    return f"""
## {table.name}

{table.description}{partitions}

| column | type | meaning |
|---|---|---|
{"".join(rows)}"""


def _cell(description: str) -> str:
    return description.replace("|", "\\|")
