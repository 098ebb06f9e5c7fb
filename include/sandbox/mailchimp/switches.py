"""Behaviours of Mailchimp that no recording and no document settles, each with the default that is assumed.

`PUT /_sandbox/switches` changes them; docs/sandbox.md shows them.
"""

from collections.abc import Mapping

from include.sandbox.controls import Switch

SWITCHES: Mapping[str, Switch] = {
    "max_connections": Switch(10, "calls at a time; documented as ten per user"),
    "over_limit_answer": Switch(
        "problem", "what a call over that gets: `problem` (429), `bodyless_429` or `bodyless_403`; threads tell of each"
    ),
    "unknown_fields_are_errors": Switch(
        True,
        "`fields` that the resource does not have are refused, as documented; unknown `exclude_fields` are not, as "
        "recorded. `constraints` is taken everywhere: tap-mailchimp asks every collection for it. Checked for members, "
        "and at the root of other collections",
    ),
    "unfiltered_list_has_archived": Switch(
        False, "the list of members without `status` has archived ones; threads say no"
    ),
    "updates_need_required_fields": Switch(
        True, "a change that sends `merge_fields` has to leave no required one blank; else only a create has to"
    ),
    "put_status_if_new_revives_archived": Switch(True, "an archived member is new to `status_if_new` of a PUT"),
    "batch_add_revives_archived": Switch(
        True, "`update_existing=false` takes archived members back, as the recorded POST of one member does"
    ),
    "skip_validation_admits_wrong_values": Switch(
        True, "`skip_merge_validation` lets values of a wrong type in too; threads say so"
    ),
    "segments_show_pending": Switch(True, "pending members are shown in segments; nothing says"),
    "segment_add_reports_members_already_in": Switch(False, "they come in `members_added`; nothing says"),
    "segment_reports_unknown_addresses": Switch(True, 'they come in `errors`; documented as "ignored or reported"'),
    "batch_seconds": Switch(0.5, "how long a batch takes, in real time"),
    "batch_never_finishes": Switch(False, "a fault: batches hang"),
    "batch_results_gone": Switch(False, "a fault: the address of a batch's results answers 404"),
    "batch_results_refuse_credentials": Switch(
        True, "the address of a batch's results takes no Authorization header, as S3 does"
    ),
    "batch_gets_read_all_pages": Switch(
        True, "a GET without `count` in a batch reads all pages, as documented; else it gives ten rows"
    ),
}
