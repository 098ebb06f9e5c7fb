"""Behaviours of Mailchimp that no recording and no document settles, each with the default that is assumed.

docs/sandbox-mailchimp.md says what speaks for each default. `PUT /_sandbox/switches` changes them.
"""

from collections.abc import Mapping

from include.sandbox.controls import Switch

SWITCHES: Mapping[str, Switch] = {
    "max_connections": 10,
    "over_limit_answer": "problem",  # or bodyless_429, bodyless_403
    "unknown_fields_are_errors": True,
    "put_status_if_new_revives_archived": True,
    "batch_add_revives_archived": True,
    "skip_validation_admits_wrong_values": True,
    "segments_show_pending": True,
    "segment_add_reports_members_already_in": False,
    "segment_reports_unknown_addresses": True,
    "batch_seconds": 0.5,
    "batch_never_finishes": False,
    "batch_results_gone": False,
    "batch_gets_read_all_pages": True,
}
