"""`docs/policies.md`: what each policy makes of what happens, and each switch's values."""

from __future__ import annotations

from include.config.policies import PRESETS, WHAT_HAPPENS, Situation

HEAD = """# Policies

Made by `make docs` from `include/config/policies.py`. `policy` in an audience file is required. It stands for a value
of each switch below; a switch that is set beside it is what counts.

| what happens when... | """


def text() -> str:
    """Return the document."""
    names = list(PRESETS)
    lines = [HEAD + " | ".join(f"`{name}`" for name in names) + " | switch |", "|---" * (len(names) + 2) + "|"]
    lines += [_row(one.happening, *(one.under(name) for name in names), f"`{one.switch}`") for one in WHAT_HAPPENS]
    return "\n".join([*lines, "", "## Switches", "", *_switches()]) + "\n"


def _switches() -> list[str]:
    lines = ["| switch | value | when... | what happens |", "|---|---|---|---|"]
    for one in WHAT_HAPPENS:
        lines += [
            _row(f"`{one.switch}`", _value(one, value), one.happening, text) for value, text in one.outcomes.items()
        ]
    return lines


def _value(situation: Situation, value: str) -> str:
    presets = [f"`{name}`" for name, switches in PRESETS.items() if getattr(switches, situation.switch) == value]
    return f"`{value}`" + (f" ({', '.join(presets)})" if presets else "")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
