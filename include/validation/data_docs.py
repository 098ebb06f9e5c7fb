"""Great Expectations' Data Docs of a run: HTML pages with counts, without any record's value."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from include.errors import FatalError

if TYPE_CHECKING:
    from include.storage import Storage
    from include.validation.runner import Run

_SITE = "local_site"
"""The site that a context in memory has from the start, in a temporary folder of its own."""
_TUTORIAL = ".gif"
"""Moving pictures of the how-to pages, 3 MB that no page of ours shows."""


def write_data_docs(run: Run, storage: Storage, *folder: str, run_id: str, at: datetime) -> int:
    """Write the pages of a run's outcomes below a folder of the storage, replacing it; returns the number of files.

    The validation results go from memory to HTML: no store on disk holds them.
    """
    if run.context is None:
        raise FatalError("there are no validation results yet: Data Docs are written after the findings are read")
    _store_results(run, run_id, at)
    sites = run.context.variables.data_docs_sites or {}
    built = Path(sites[_SITE]["store_backend"]["base_directory"])
    try:
        run.context.update_data_docs_site(_SITE, {**sites[_SITE], "show_how_to_buttons": False})
        run.context.build_data_docs(site_names=[_SITE])
        return _copy(built, storage, folder)
    finally:
        shutil.rmtree(built, ignore_errors=True)


def _store_results(run: Run, run_id: str, at: datetime) -> None:
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    identifier = RunIdentifier(run_name=run_id, run_time=at)
    for outcome in run.outcomes:
        name = outcome.suite.name
        if outcome.result is None or run.context is None:
            continue
        outcome.result.success = all(result.success for result in outcome.result.results)
        outcome.result.statistics = _statistics(outcome.result.results)
        outcome.result.meta = {
            "run_id": identifier,
            "expectation_suite_name": name,
            "great_expectations_version": gx.__version__,
        }
        key = ValidationResultIdentifier(ExpectationSuiteIdentifier(name), identifier, batch_identifier=name)
        run.context.validation_results_store.set(key, outcome.result)


def _statistics(results: list[object]) -> dict[str, float | int]:
    good = sum(bool(getattr(result, "success", False)) for result in results)
    return {
        "evaluated_expectations": len(results),
        "successful_expectations": good,
        "unsuccessful_expectations": len(results) - good,
        "success_percent": 100 * good / len(results) if results else 100.0,
    }


def _copy(built: Path, storage: Storage, folder: tuple[str, ...]) -> int:
    filesystem, target = storage.filesystem(), storage.path(*folder)
    if filesystem.exists(target):
        filesystem.rm(target, recursive=True)
    files = [file for file in sorted(built.rglob("*")) if file.is_file() and file.suffix != _TUTORIAL]
    for file in files:
        storage.write_atomically(storage.path(*folder, *file.relative_to(built).parts), file.read_bytes())
    return len(files)
