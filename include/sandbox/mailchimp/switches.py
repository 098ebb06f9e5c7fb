"""Behaviours of Mailchimp that no recording and no document settles, each with the default that is assumed.

`PUT /_sandbox/switches` changes them; docs/sandbox.md shows them. Words of errors have a table of their own (`texts`).
"""

from collections.abc import Mapping

from include.sandbox.controls import Switch

SWITCHES: Mapping[str, Switch] = {
    "max_connections": Switch(10, "calls at a time; documented as ten per user"),
    "over_limit_answer": Switch(
        "problem", "what a call over that gets: `problem` (429), `bodyless_429` or `bodyless_403`; threads tell of each"
    ),
    "viewers_read_campaigns": Switch(
        False, "help: a viewer views reports, an author campaigns too; audiences need a manager"
    ),
    "unknown_fields_are_errors": Switch(
        True,
        "`fields` that the resource does not have are refused, as documented; unknown `exclude_fields` are not, as "
        "recorded. Seven that tap-mailchimp asks for are taken all the same",
    ),
    "empty_parameters_are_refused": Switch(
        True, "an empty query parameter is no number, time, boolean or choice; else it counts as not given"
    ),
    "empty_names_are_refused": Switch(True, "a segment needs a name and a batch an operation; no document says"),
    "unfiltered_list_has_archived": Switch(
        False, "the list of members without `status` has archived ones; threads say no"
    ),
    "unsorted_members_newest_first": Switch(
        False, "members come newest first where no order is asked for, else in the order of coming; nothing says"
    ),
    "updates_need_required_fields": Switch(
        True, "a change that sends `merge_fields` has to leave no required one blank; else only a create has to"
    ),
    "null_merge_values_are_refused": Switch(
        True,
        "documented: a merge value is a string, a number or an object; the OpenAPI document takes nulls. Else they are "
        "blank",
    ),
    "missing_country": Switch(
        "",
        "the country of an address that comes without one; the document calls it optional and tells of the field's "
        "`default_country`, a vendor's partner of `US`",
    ),
    "countries_are_codes": Switch(
        False, "a country of other than two letters makes an address incomplete; else it is kept as given"
    ),
    "most_merge_fields": Switch(30, "merge fields of a list; third parties say 30, and 80 with Premium"),
    "fake_domains": Switch(
        "example.com,example.org,example.net,test.com,yopmail.com",
        "addresses there look fake; example.com is recorded, yopmail.com in a thread (python-mailchimp #183)",
    ),
    "busy_domains": Switch(
        "",
        "a fault: who is new and has an address there has signed up to a lot of lists very recently "
        "(stackoverflow.com question 41160763), a refusal that passes",
    ),
    "compliance_has_type": Switch(
        True, "Member In Compliance State and Forgotten have a `type`: threads of 2020 have one, of 2023 and 2025 none"
    ),
    "cleaned_can_be_pending": Switch(
        False, "a cleaned member can be asked to confirm again; that it cannot be subscribed is in the error's words"
    ),
    "put_status_if_new_revives_archived": Switch(True, "an archived member is new to `status_if_new` of a PUT"),
    "batch_add_revives_archived": Switch(
        True, "`update_existing=false` takes archived members back, as the recorded POST of one member does"
    ),
    "batch_ignores_renewals": Switch(
        False,
        "who unsubscribed and is given as subscribed is left out of the batch call's answer without a word "
        "(pmpro-mailchimp #152), else refused",
    ),
    "skip_validation_admits_wrong_values": Switch(
        True, "`skip_merge_validation` lets values of a wrong type in too; threads say so"
    ),
    "single_choice_groups_hold_one": Switch(
        True, "a radio or dropdown group holds one interest, the last that is set; else a member can have several"
    ),
    "activity_follows_new_address": Switch(
        False, "what a member did is found under its new address too; help: it is lost when the address changes"
    ),
    "segments_show_pending": Switch(True, "pending members are shown in segments; nothing says"),
    "segment_add_reports_members_already_in": Switch(False, "they come in `members_added`; nothing says"),
    "segment_reports_unknown_addresses": Switch(True, 'they come in `errors`; documented as "ignored or reported"'),
    "batch_seconds": Switch(0.5, "how long a batch takes, in real time"),
    "batch_operations_at_once": Switch(
        True, "all operations of a batch take effect at the end of its time; else one by one while it is started"
    ),
    "batch_params_of_writes": Switch(
        False, "`params` of an operation count for writes too; documented: only for GET requests"
    ),
    "batch_paths_take_queries": Switch(
        False, "the path of an operation can have a query; nothing says, else there is no such resource"
    ),
    "batch_errors_are_not_200": Switch(
        True, "`errored_operations` counts 204 too, as documented: all that is not 200; else only errors"
    ),
    "batch_results_per_file": Switch(1, "operations in a file of the results; documented: one, pages of a GET apart"),
    "batch_never_finishes": Switch(False, "a fault: batches hang"),
    "batch_results_gone": Switch(False, "a fault: the address of a batch's results answers 404"),
    "batch_results_refuse_credentials": Switch(
        True, "the address of a batch's results takes no Authorization header, as S3 does"
    ),
    "batch_gets_read_all_pages": Switch(
        True, "a GET without `count` in a batch reads all pages, as documented; else it gives ten rows"
    ),
}
