"""`docs/returns.md`: who is brought back, and by what."""

from __future__ import annotations

from include.config.policies import PRESETS
from include.transform.returns import RETURNS

HEAD = """# Who is brought back, and by what

Made by `make docs` from `include/transform/returns.py`; a test makes a plan of every row. No automatic run sets anybody
to subscribed who is a member in another status, and nobody who left comes back under another e-mail (R03, G01). Each
row is of somebody whom a query selects; beside each reason of the [ledger](transform.md#the-ledger) stands its meaning.

| what happened | """


def text() -> str:
    """Return the document."""
    names = list(PRESETS)
    lines = [HEAD + " | ".join(f"`{name}`" for name in names) + " | what brings them back |", "|---" * 4 + "|"]
    lines += [f"| {' | '.join([one.happened, *map(one.under, names), one.until])} |" for one in RETURNS]
    return "\n".join(lines) + "\n"
