"""docs/behaviours.md: no id is left out, and none counts as working that no test names."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.documents import behaviours
from deploy.home import PROJECT

IDS = [
    f"{letter}{number:02}"
    for letter, last in (("R", 22), ("G", 10), ("M", 5), ("X", 17))
    for number in range(1, last + 1)
]
TEST = "def test_r01_people_become_members():\n    pass\n"


def test_every_id_is_listed_and_those_that_work_have_a_test():
    found = behaviours.behaviours(PROJECT)
    assert list(found) == IDS
    assert {name: one.problem for name, one in found.items() if one.problem} == {}


def written(folder: Path, entry: str, tests: str) -> behaviours.Behaviour:
    """R01, listed by this entry in a project with these tests."""
    for name, content in (("docs/behaviours.yaml", f"R01: {entry}"), ("tests/unit/test_some.py", tests)):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(content, "utf-8")
    return behaviours.behaviours(folder)["R01"]


@pytest.mark.parametrize(
    ("entry", "tests", "problem"),
    [
        ("{what: it, state: working}", "", "is working, and no test names it"),
        ("{what: it, state: working}", TEST, None),
        ("{what: it, state: partial, missing: much}", "", "is partial, and no test names it"),
        ("{what: it, state: partial}", TEST, "is partial, and does not say what is missing"),
        ("{what: it, state: working, missing: much}", TEST, "is working, and something is missing"),
        ("{what: it, state: open}", TEST, "is open, and a test names it"),
        ("{what: it, state: open}", "", None),
        ("{what: it, state: done}", TEST, "is done; write one of: working, partial, open"),
    ],
)  # fmt: skip
def test_a_state_that_the_tests_do_not_bear_out_is_a_problem(
    tmp_path: Path, entry: str, tests: str, problem: str | None
):
    assert written(tmp_path, entry, tests).problem == problem


def test_a_docstring_names_an_id_too_and_an_unknown_one_is_refused(tmp_path: Path):
    test = 'def test_people():\n    """R01: they become members."""\n'
    assert written(tmp_path / "one", "{what: it, state: working}", test).problem is None
    with pytest.raises(KeyError, match="tests name R02"):
        written(tmp_path / "two", "{what: it, state: working}", test.replace("R01", "R02"))
