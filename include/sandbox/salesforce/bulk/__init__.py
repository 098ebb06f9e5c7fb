"""Bulk API 2.0: jobs that run beside the requests."""
