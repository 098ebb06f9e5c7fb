"""The DAGs as Airflow reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def dagbag() -> DagBag:
    """All DAGs of the project."""
    return DagBag(str(PROJECT / "dags"))
