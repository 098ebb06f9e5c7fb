"""Runs suites with Great Expectations over pandas chunks. Only this module and `data_docs.py` import it.

A failing record's value exists in memory alone: results are stripped to counts before they are kept or shown.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from include.errors import FatalError
from include.validation.checks import Check, Suite
from include.validation.emails import acceptable
from include.validation.findings import findings

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from duckdb import DuckDBPyConnection
    from great_expectations.core import ExpectationSuite, ExpectationSuiteValidationResult
    from great_expectations.data_context import AbstractDataContext
    from great_expectations.expectations.expectation import Expectation

CHUNK_ROWS = 200_000
_COMPLETE = {"result_format": "COMPLETE", "partial_unexpected_count": 0}
"""With every failing position; COMPLETE alone lists them all (pandas only)."""


@dataclass(slots=True)
class Tally:
    """How a check went over all chunks."""

    check: Check
    checked: int = 0
    blank: int = 0
    failed: int = 0

    def add(self, result: dict[str, Any]) -> None:
        """Count one chunk's result."""
        self.checked += result["element_count"]
        self.blank += result.get("missing_count", 0)
        self.failed += result["unexpected_count"]


@dataclass(slots=True)
class Outcome:
    """A suite's tallies, in the order of its checks, and the stripped result that Data Docs show, if it had records."""

    suite: Suite
    tallies: list[Tally]
    result: ExpectationSuiteValidationResult | None = None

    @property
    def rows(self) -> int:
        """The number of records looked at."""
        return max((tally.checked for tally in self.tallies), default=0)


@dataclass(slots=True)
class Run:
    """Suites run on one connection; the outcomes gather as the findings are read."""

    connection: DuckDBPyConnection
    outcomes: list[Outcome] = field(default_factory=list)
    context: AbstractDataContext | None = None

    def findings(self, suites: tuple[Suite, ...]) -> Iterator[pa.Table]:
        """Run every suite; yield its findings check by check (columns: `findings_schema`)."""
        self.context = self.context or _context()
        # One for all suites: Great Expectations writes its whole configuration anew for each.
        source = self.context.data_sources.add_or_update_pandas("staging")
        batches = source.add_dataframe_asset("records").add_batch_definition_whole_dataframe("chunk")
        for suite in suites:
            outcome = Outcome(suite, [Tally(check) for check in suite.checks])
            expected = self.context.suites.add(_expectation_suite(suite))
            for chunk in _chunks(self.connection, suite):
                batch = batches.get_batch(batch_parameters={"dataframe": _frame(suite, chunk)})
                outcome.result = batch.validate(expected, result_format=_COMPLETE)
                yield from _failures(outcome, outcome.result, chunk)
            self.outcomes.append(outcome)


def _context() -> AbstractDataContext:
    # Under Airflow's logging, importing Great Expectations writes some 150 lines; one module insists on its own level.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations as gx

    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return context


def _chunks(connection: DuckDBPyConnection, suite: Suite) -> Iterator[pa.Table]:
    """The suite's records: `key`, `email_key`, then the columns of its checks; no table where there are none."""
    import pyarrow as pa

    for batch in connection.sql(suite.query).to_arrow_reader(CHUNK_ROWS):
        if batch.num_rows:
            yield pa.Table.from_batches([batch])


def _frame(suite: Suite, chunk: pa.Table) -> pd.DataFrame:
    """The chunk as Great Expectations looks at it: days as dates, addresses as whether they are acceptable."""
    import pandas as pd
    import pyarrow as pa

    frame: pd.DataFrame = chunk.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    for check in suite.checks:
        if check.kind == "email":
            frame[check.column] = pd.array(acceptable(chunk[check.column].to_pylist()), dtype="boolean")
        elif check.kind == "period":
            frame[check.column] = pd.to_datetime(frame[check.column]).astype("datetime64[us]")
    return frame


def _failures(
    outcome: Outcome, result_of_chunk: ExpectationSuiteValidationResult, chunk: pa.Table
) -> Iterator[pa.Table]:
    """Count a chunk's results and yield its findings; the result keeps counts only."""
    by_position = {result.expectation_config.meta["position"]: result for result in result_of_chunk.results}
    for position, tally in enumerate(outcome.tallies):
        result = by_position[position]
        if result.exception_info.get("raised_exception", True):
            raise FatalError(f"check {tally.check.name} of {outcome.suite.name} could not run on {tally.check.column}")
        tally.add(result.result)
        failing = result.result["unexpected_index_list"] or []
        result.result = {
            "element_count": tally.checked,
            "missing_count": tally.blank,
            "unexpected_count": tally.failed,
            "unexpected_percent": 100 * tally.failed / tally.checked if tally.checked else 0.0,
        }
        result.success = tally.failed == 0
        if failing:
            yield findings(outcome.suite, tally.check, chunk.select(["key", "email_key"]).take(failing))


def _expectation_suite(suite: Suite) -> ExpectationSuite:
    import great_expectations as gx

    expectations = [_expectation(check, position) for position, check in enumerate(suite.checks)]
    return gx.ExpectationSuite(name=suite.name, expectations=expectations)


def _expectation(check: Check, position: int) -> Expectation:
    from great_expectations import expectations as gxe

    common = {
        "column": check.column,
        "meta": {"position": position},
        "description": f"{check.name}: fails when {check.reason}",
    }
    match check.kind:
        case "filled":
            return gxe.ExpectColumnValuesToNotBeNull(**common)
        case "choice":
            return gxe.ExpectColumnValuesToBeInSet(value_set=list(check.choices), **common)
        case "at_most":
            return gxe.ExpectColumnValuesToBeBetween(max_value=check.maximum, **common)
        case "period" if check.period:
            first, last = (datetime.combine(day, time.min) for day in check.period)
            return gxe.ExpectColumnValuesToBeBetween(min_value=first, max_value=last, **common)
    return gxe.ExpectColumnValuesToBeInSet(value_set=[True], **common)
