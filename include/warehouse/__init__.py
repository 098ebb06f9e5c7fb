"""The tables that outlive a run, as Delta Lake."""
