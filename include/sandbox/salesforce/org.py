"""One org: its data and everything that works on it."""

from dataclasses import dataclass

from include.sandbox.controls import Controls
from include.sandbox.salesforce.bulk.ingest_jobs import IngestJobs
from include.sandbox.salesforce.bulk.jobs import Jobs, Kind
from include.sandbox.salesforce.bulk.query_jobs import QueryJobs
from include.sandbox.salesforce.bulk.rows import BulkRows
from include.sandbox.salesforce.bulk.runner import Runner, Work
from include.sandbox.salesforce.bulk_v1.batch_jobs import BatchJobs
from include.sandbox.salesforce.dml.writer import Writer
from include.sandbox.salesforce.limits import Limits
from include.sandbox.salesforce.queries import Queries
from include.sandbox.salesforce.sessions import Sessions
from include.sandbox.salesforce.store import OrgStore
from include.sandbox.salesforce.switches import SWITCHES


@dataclass(frozen=True, slots=True)
class Org:
    """What the routes work with.

    Attributes:
        jwt_public_key: PEM of the key whose owner may log in by JWT; None: nobody may.
    """

    store: OrgStore
    controls: Controls
    sessions: Sessions
    limits: Limits
    queries: Queries
    writer: Writer
    jobs: Jobs
    query_jobs: QueryJobs
    ingest_jobs: IngestJobs
    batch_jobs: BatchJobs
    runner: Runner
    jwt_public_key: str | None

    @classmethod
    def of(cls, store: OrgStore, controls: Controls, jwt_public_key: str | None) -> "Org":
        """The org of a store, its unfinished jobs going on."""
        controls.declare_switches(SWITCHES)
        jobs = Jobs(store, controls)
        save = Writer(store, controls)
        query_jobs = QueryJobs(store, controls, jobs)
        rows = BulkRows(store, controls, jobs, save)
        ingest_jobs = IngestJobs(store, controls, jobs, rows)
        batch_jobs = BatchJobs(store, controls, jobs, rows)
        works: dict[Kind, Work] = {"query": query_jobs.run, "ingest": ingest_jobs.run, "batch": batch_jobs.run}
        return cls(
            store=store,
            controls=controls,
            sessions=Sessions(store, controls),
            limits=Limits(store, controls),
            queries=Queries(store, controls),
            writer=save,
            jobs=jobs,
            query_jobs=query_jobs,
            ingest_jobs=ingest_jobs,
            batch_jobs=batch_jobs,
            runner=Runner(store, controls, jobs, works),
            jwt_public_key=jwt_public_key,
        )
