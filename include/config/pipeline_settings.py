"""The groups of settings in `pipeline.yaml`."""

from __future__ import annotations

from pydantic import Field

from include.config.scalars import CronExpression, Share, Switch
from include.config.strict import Model


class Connections(Model):
    """The Airflow connections of the two vendors."""

    salesforce: str = "salesforce_default"
    mailchimp: str = "mailchimp_default"


class Schedule(Model):
    """Cron expressions, in `time_zone`."""

    extract: CronExpression = "@hourly"
    snapshot: CronExpression = "0 0 * * *"
    reconcile: CronExpression = "0 3 * * 0"
    check: CronExpression = "30 6 * * *"


class Limits(Model):
    """Where a bigger way of reading or writing starts, and how much of the vendors' limits a run may use."""

    bulk_query_above: int = Field(
        default=2000, ge=0, description="people; above it Salesforce is read with Bulk API 2.0"
    )
    bulk_ingest_above: int = Field(
        default=2000, ge=0, description="rows; above it Salesforce is written with Bulk API 2.0"
    )
    batch_above: int = Field(
        default=500, ge=0, description="member updates; above it they go through Mailchimp batches"
    )
    attempts: int = Field(default=3, ge=1, description="runs that try a refused write before it is held")
    salesforce_daily_share: Share = Field(
        default="90%",
        validate_default=True,
        description="of the org's daily API requests; once programs have used so much, the sync waits for the next run",
    )
    mailchimp_connections: int = Field(default=3, ge=1, le=10, description="connections that one task opens")


class Quality(Model):
    """Shares of quarantined rows (of a run) and of failing records (of a check) above which they stand out."""

    warn_above: Share = Field(default="0%", validate_default=True, description="above it: a warning mark")
    fail_above: Share = Field(default="20%", validate_default=True, description="of quarantined rows: the run failed")
    data_docs: Switch = Field(default=True, description="write Great Expectations' pages beside each report")
