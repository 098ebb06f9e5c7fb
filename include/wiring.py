"""Puts a project together: configuration, stores, and the vendors' clients from Airflow's connections."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from include.calls import CallMeter
from include.config.load import configuration_folder, load_configuration
from include.staging.store import StagingStore
from include.storage import Storage
from include.warehouse.store import Warehouse

if TYPE_CHECKING:
    from include.config.models import Audience, Configuration, Pipeline
    from include.mailchimp.client import MailchimpClient
    from include.salesforce.client import SalesforceClient

ROOT_VARIABLE = "SYNC_ROOT"
"""Environment variable: overrides `root` of pipeline.yaml."""
PROJECT_FOLDER = Path(__file__).parent.parent


@dataclass(frozen=True)
class Project:
    """What every use case works with. `meter` counts the calls of its clients."""

    configuration: Configuration
    storage: Storage
    meter: CallMeter = field(default_factory=CallMeter)

    @property
    def staging(self) -> StagingStore:
        """The partitions of single runs."""
        return StagingStore(self.storage)

    @cached_property
    def warehouse(self) -> Warehouse:
        """The tables that outlive a run."""
        return Warehouse(self.storage)

    def audience(self, stem: str) -> Audience:
        """One audience's configuration. Raises KeyError for a stem without a file."""
        return self.configuration.audiences[stem]

    def salesforce(self) -> SalesforceClient:
        """A client logged in with the configured Airflow connection."""
        from include.salesforce.connect import connect

        pipeline = self.configuration.pipeline
        share = pipeline.limits.salesforce_daily_share
        return connect(pipeline.connections.salesforce, meter=self.meter, daily_share=share)

    def mailchimp(self) -> MailchimpClient:
        """A client with the configured Airflow connection."""
        from include.mailchimp.connect import connect

        pipeline = self.configuration.pipeline
        connections = pipeline.limits.mailchimp_connections
        return connect(pipeline.connections.mailchimp, connections=connections, meter=self.meter)


def load_project(config: Path | None = None, root: str | None = None) -> Project:
    """Read the configuration and open the stores. Raises ConfigError."""
    configuration = load_configuration(config or configuration_folder())
    return Project(configuration, open_storage(configuration.pipeline, root))


def open_storage(pipeline: Pipeline, root: str | None = None) -> Storage:
    """Where everything lies: `root`, else what SYNC_ROOT says, else pipeline.yaml.

    A relative folder is below the project's, wherever the process was started.
    """
    chosen = root or os.environ.get(ROOT_VARIABLE) or pipeline.root
    return Storage(chosen if "://" in chosen else str(PROJECT_FOLDER / chosen))
