"""Partitions of one run, as Parquet."""
