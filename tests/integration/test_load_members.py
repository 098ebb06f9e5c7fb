"""`load_audience` against the sandbox: consent, kills, bad records and what is read before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.errors import FatalError, PermanentError, StoppedByCheck, TransientError
from include.load.ground import Ground
from include.load.jobs import StartedJobs
from include.load.members import FAILURES_IN_A_ROW, MemberLoad
from include.load.operations import Plan
from include.load.pending import Pending
from include.load.results import ResultLog
from include.pipelines.load import load_audience
from include.sandbox.mailchimp.texts import TEXTS
from tests.integration.loading import (
    ADD,
    BATCHES,
    MEMBER,
    Rig,
    add,
    address,
    create_tag,
    give,
    happened,
    move,
    named,
    rig,
    states,
    update,
)
from tests.integration.mailchimp_account import LIST, PROMPT, account, audience, member
from tests.integration.org import NOW, contact, lead
from tests.unit.pipelines.killing import Killed

JUST_NOW = NOW.isoformat()
LONG_AGO = "2020-01-01T00:00:00+00:00"
STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived")


def without_ground(made: Rig, log: ResultLog, *, batch_above: int = 500) -> MemberLoad:
    """The load of members as if nothing had been read before it."""
    project = made.run.project
    plan = Plan(project.warehouse, made.run.run_id)
    pending = Pending(plan, Ground(), {}, log)
    jobs = StartedJobs(project.staging, made.run.partition("batch"), plan.planned_at())
    return MemberLoad(project.mailchimp(), LIST, pending, jobs, batch_above, made.run.pins().extracted_at)


# --- G01: no path raises a status


@pytest.mark.parametrize("status", STATUSES[1:])
def test_g01_whoever_appears_after_extraction_is_left_alone(made, status):
    run = made()
    happened(run, member("ann", status, last_changed=JUST_NOW))
    assert run.load(add("ann", FNAME="Ann"), give("ann", "T")) == {
        "add_member ann": ("precondition_gone", f"member_is_{status}"),
        "add_tag ann T": ("precondition_gone", "member_not_added"),
    }
    assert run.statuses() == {"ann": status}
    assert run.calls("POST", ADD) == 0


def test_g01_archived_members_are_seen_whenever_they_were_archived(made):
    """`POST /lists/{id}` takes an archived member back, whatever `update_existing` says (recorded)."""
    run = made()
    happened(run, member("ann", "archived", last_changed=LONG_AGO))
    assert run.load(add("ann"), add("bob")) == {
        "add_member ann": ("precondition_gone", "member_is_archived"),
        "add_member bob": ("applied", ""),
    }
    assert run.statuses() == {"ann": "archived", "bob": "subscribed"}


def test_g01_a_change_in_the_second_of_extraction_is_seen(made, org):
    org.sandbox.set_clock(JUST_NOW, frozen=True)
    run = made()
    happened(run, member("ann", "archived", last_changed=JUST_NOW))
    run.plan(update("ann", FNAME="New"), give("ann", "T"))
    load_audience(run.run)
    assert run.results()["update_member ann"] == ("precondition_gone", "member_is_archived")


@pytest.mark.parametrize("status", STATUSES[:-1])
def test_g01_the_vendor_is_never_asked_to_overwrite_who_is_there(made, status):
    """Even where nothing was read before: the call itself can't."""
    run = made(member("ann", status))
    run.plan(add("ann", FNAME="New"), add("bob"))
    with ResultLog(run.run.project.warehouse, run.run.run_id) as log:
        without_ground(run, log).add()
    assert run.results() == {
        "add_member ann": ("already_there", "member_exists"),
        "add_member bob": ("applied", ""),
    }
    assert run.members()["ann"]["status"] == status
    assert run.members()["ann"]["merge_fields"]["FNAME"] == "Ann"


def test_g01_an_archived_member_taken_back_all_the_same_ends_the_run_by_name(made):
    run = made(member("ann", "archived"))
    run.plan(add("ann"), add("bob"))
    with (
        ResultLog(run.run.project.warehouse, run.run.run_id) as log,
        pytest.raises(FatalError, match=member("ann")["id"]),
    ):
        without_ground(run, log).add()
    assert run.results()["add_member bob"] == ("applied", "")


@pytest.mark.parametrize("batch_above", [0, 500], ids=["batch", "single"])
def test_g01_an_update_with_a_status_is_never_sent(made, batch_above):
    run = made(member("ann", "unsubscribed"))
    wrong = update("ann", FNAME="New") | {"after": '{"status":"subscribed"}'}
    run.plan(wrong)
    with ResultLog(run.run.project.warehouse, run.run.run_id) as log, pytest.raises((FatalError, ValueError)):
        without_ground(run, log, batch_above=batch_above).change("update_member")
    assert run.statuses() == {"ann": "unsubscribed"}


@pytest.mark.parametrize("batch_above", [0, 500], ids=["batch", "single"])
def test_g01_values_follow_whatever_happened_to_the_status(made, batch_above):
    """Unsubscribed ones are kept up to date (detail 3); cleaned and archived ones are left alone."""
    names = {status: status[:4] for status in STATUSES}
    run = made(*(member(name) for name in names.values()), limits={"batch_above": batch_above})
    happened(run, *(member(name, status, last_changed=JUST_NOW) for status, name in names.items()))
    results = run.load(*(update(name, FNAME="New") for name in names.values()))
    left_alone = {status for status, name in names.items() if results[f"update_member {name}"][0] != "applied"}
    assert left_alone == {"cleaned", "archived"}
    for status, name in names.items():
        assert run.members()[name]["status"] == status
        assert (run.members()[name]["merge_fields"]["FNAME"] == "New") == (status not in left_alone)


ANYONE = st.one_of(st.none(), st.sampled_from(STATUSES))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ANYONE, ANYONE, st.sampled_from(["subscribed", "pending"])), min_size=1, max_size=8))
def test_g01_no_plan_on_any_history_raises_a_status(sandbox, org, tmp_path_factory, histories):
    """Whoever is unknown at extraction is added, whoever is known is updated and tagged; then anything happens."""
    people = dict(zip(named("p", range(len(histories))), histories, strict=True))
    known = [member(name, was) for name, (was, _, _) in people.items() if was]
    sandbox.put_state(mailchimp=account(audience(known)))
    run = rig(sandbox, tmp_path_factory.mktemp("run"))
    now = {name: status for name, (_, status, _) in people.items() if status}
    happened(run, *(member(name, status, last_changed=JUST_NOW) for name, status in now.items()))
    operations = [create_tag("T"), *(give(name, "T") for name in people)]
    for name, (was, _, wanted) in people.items():
        operations.append(update(name, FNAME="New") if was else add(name, status=wanted, FNAME="New"))
    run.load(*operations)
    added = {name: wanted for name, (was, status, wanted) in people.items() if not was and not status}
    assert run.statuses() == now | added


CONSENT = {"contact": "Newsletter_Consent__c", "lead": "Newsletter_Consent__c"}


def test_g01_r05_who_opted_out_or_took_consent_back_since_the_plan_is_neither_added_nor_moved(made, org):
    """Salesforce was read an hour before Mailchimp; whoever has the e-mail counts, as in the plan."""
    names = ("ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal")
    people = {name: contact(number, Email=address(name), AccountId=None) for number, name in enumerate(names)}
    agreed = [person | {"Newsletter_Consent__c": True} for person in people.values()]
    org.put(Contact=agreed, Lead=[lead(1, Email=address("BOB"))])
    run = made(member("gusto"), member("halo"), consent=CONSENT)
    for name, change in {
        "ann": {"HasOptedOutOfEmail": True}, "cat": {"Newsletter_Consent__c": False},
        "dan": {"Email": "dan@new.example"}, "fay": {"Title": "Prof"},
        "gus": {"HasOptedOutOfEmail": True}, "hal": {"Newsletter_Consent__c": False},
    }.items():  # fmt: skip
        org.update("Contact", people[name]["Id"], **change)
    org.update("Lead", lead(1)["Id"], HasOptedOutOfEmail=True)
    org.delete("Contact", people["eve"]["Id"])
    moves = [move("gusto", "gus", people["gus"]["Id"]), move("halo", "hal", people["hal"]["Id"])]
    assert run.load(*(add(name, person=people[name]["Id"]) for name in names[:6]), *moves) == {
        "add_member ann": ("precondition_gone", "opted_out"),
        "add_member bob": ("precondition_gone", "opted_out"),
        "add_member cat": ("precondition_gone", "no_consent"),
        "add_member dan": ("precondition_gone", "another_email"),
        "add_member eve": ("precondition_gone", "another_email"),
        "add_member fay": ("applied", ""),
        "move_member gusto": ("precondition_gone", "opted_out"),
        "move_member halo": ("precondition_gone", "no_consent"),
    }
    assert run.statuses() == {"fay": "subscribed", "gusto": "subscribed", "halo": "subscribed"}


def test_g01_an_own_opt_out_checkbox_counts_like_email_opt_out(made, org):
    ann = contact(1, Email=address("ann"), AccountId=None)
    org.put(Contact=[ann])
    checkbox = {"contact": "Newsletter_Consent__c"}  # any checkbox
    run = made(policy="two_way", unsubscribe_sets_opt_out=checkbox)
    org.update("Contact", ann["Id"], Newsletter_Consent__c=True)
    assert run.load(add("ann", person=ann["Id"])) == {"add_member ann": ("precondition_gone", "opted_out")}


def test_g01_who_was_added_by_a_try_whose_answer_was_lost_and_opts_out_then_is_there_already(made, org):
    ann = contact(1, Email=address("ann"), AccountId=None)
    org.put(Contact=[ann])
    run = made()
    happened(run, member("ann", last_changed=JUST_NOW))
    org.update("Contact", ann["Id"], HasOptedOutOfEmail=True)
    assert run.load(add("ann", person=ann["Id"])) == {"add_member ann": ("already_there", "member_exists")}


def test_g01_a_person_who_changed_before_a_newer_extraction_than_the_plans_is_seen(made, org):
    """What counts is how far the plan knew Salesforce, not how far it was read since."""
    ann = contact(1, Email=address("ann"), AccountId=None, SystemModstamp=NOW - timedelta(hours=2))
    org.put(Contact=[ann | {"HasOptedOutOfEmail": True}])
    run = made()
    run.run.save_pins(replace(run.run.pins(), people_until=NOW - timedelta(hours=3)))
    assert run.load(add("ann", person=ann["Id"])) == {"add_member ann": ("precondition_gone", "opted_out")}


# --- G02: the plan's ground and age


def test_g02_another_contact_under_the_same_address_is_left_alone(made):
    run = made(member("ann", contact_id="one"))
    happened(run, member("ann", contact_id="another", last_changed=JUST_NOW))
    assert run.load(update("ann", contact_id="one", FNAME="New")) == {
        "update_member ann": ("precondition_gone", "another_contact")
    }


def test_g02_a_member_that_is_gone_for_good_is_no_error(made):
    run = made()
    for batch_above in (0, 500):
        with ResultLog(run.run.project.warehouse, run.run.run_id) as log:
            run.plan(update(f"ann{batch_above}", FNAME="New"))
            without_ground(run, log, batch_above=batch_above).change("update_member")
    assert set(run.results().values()) == {("precondition_gone", "no_such_member")}


def test_g02_an_old_plan_is_refused_before_any_write(made):
    run = made()
    run.plan(add("ann") | {"planned_at": NOW.replace(year=2025)})
    with pytest.raises(StoppedByCheck, match="start a new run"):
        load_audience(run.run)
    assert run.sandbox.writes() == 0


def test_g02_a_dry_run_calls_nobody(made):
    run = made()
    run.plan(add("ann"), update("bob", FNAME="New"), create_tag("T"))
    assert load_audience(replace(run.run, dry_run=True)) == {}
    assert run.sandbox.calls("mailchimp")["count"] == 0


# --- G04: killed anywhere, run again


def world_of(run: Rig) -> tuple[object, ...]:
    values = {name: (m["status"], m["merge_fields"]["FNAME"]) for name, m in run.members().items()}
    return values, run.tagged()


@pytest.mark.parametrize("batch_above", [0, 500], ids=["batch", "single"])
@pytest.mark.parametrize("survives", range(2))
def test_g04_killed_before_any_of_its_writes_it_ends_the_same(made, batch_above, survives):
    operations = (
        add("ann", FNAME="Ann"), add("bob", FNAME="Bob"), update("cid", FNAME="New"), update("dee", FNAME="New"),
        create_tag("T"), give("ann", "T"), give("cid", "T"), give("bob", "T"),
    )  # fmt: skip
    run = made(member("cid"), member("dee", "unsubscribed"), limits={"batch_above": batch_above})
    run.plan(*operations)
    with pytest.raises(Killed):
        load_audience(run.dying(survives))
    load_audience(run.run)
    expected = {
        "ann": ("subscribed", "Ann"), "bob": ("subscribed", "Bob"), "cid": ("subscribed", "New"),
        "dee": ("unsubscribed", "New"),
    }  # fmt: skip
    assert world_of(run) == (expected, {"T": {"ann", "bob", "cid"}})
    assert states(run.results()) <= {"applied", "already_there"}
    assert len(run.results()) == len(operations)


def test_g04_members_added_by_an_attempt_whose_answer_was_lost_count_as_added(made):
    run = made()
    run.sandbox.faults("mailchimp", {"kind": "reset", "method": "POST", "path": ADD, "times": 1})
    assert run.load(add("ann"), add("bob")) == {
        "add_member ann": ("applied", "answer_lost"),
        "add_member bob": ("applied", "answer_lost"),
    }
    assert run.statuses() == {"ann": "subscribed", "bob": "subscribed"}


def test_g04_members_added_by_a_try_that_was_killed_count_as_added_and_others_do_not(made):
    """Who joined by himself meanwhile shows other values than those that were to be added."""
    run = made()
    run.plan(add("ann", FNAME="Ann"), add("bob", FNAME="Bob"))
    with pytest.raises(Killed):
        load_audience(run.dying(0))
    there = {"ann": "Ann", "bob": "Robert"}
    happened(run, *(member(name, merge_fields={"FNAME": x}, last_changed=JUST_NOW) for name, x in there.items()))
    load_audience(run.run)
    assert run.results() == {
        "add_member ann": ("applied", "answer_lost"),
        "add_member bob": ("already_there", "member_exists"),
    }


def test_g04_a_batch_is_taken_up_again_by_the_next_try(made):
    run = made(member("ann"), member("bob"), limits={"batch_above": 0})
    run.plan(update("ann", FNAME="New"), update("bob", FNAME="New"))
    with pytest.raises(Killed):
        load_audience(run.dying(0))
    load_audience(run.run)
    assert run.calls("POST", BATCHES) == 1
    assert states(run.results()) == {"applied"}


def test_m04_a_cleared_run_that_plans_the_same_again_takes_up_no_batch_of_its_old_plan(made):
    """What the old batch did was taken back since: by its results alone the new plan would count as carried out."""
    run = made(member("ann"), member("bob"), limits={"batch_above": 0})
    run.plan(update("ann", FNAME="New"), update("bob", FNAME="New"))
    with pytest.raises(Killed):
        load_audience(run.dying(0))
    run.sandbox.put_state(mailchimp=account(audience([member("ann"), member("bob")])))
    run.load(update("ann", FNAME="New"), update("bob", FNAME="New"))
    assert run.calls("POST", BATCHES) == 2
    assert world_of(run)[0] == {"ann": ("subscribed", "New"), "bob": ("subscribed", "New")}


def test_g04_a_batch_whose_results_are_lost_is_started_again(made):
    run = made(member("ann"), limits={"batch_above": 0})
    run.plan(update("ann", FNAME="New"))
    run.sandbox.switches("mailchimp", batch_results_gone=True)
    with pytest.raises(TransientError):
        load_audience(run.run)
    run.sandbox.switches("mailchimp")
    load_audience(run.run)
    assert run.results() == {"update_member ann": ("applied", "")}


def test_g04_a_finished_batch_is_forgotten_so_that_failed_updates_get_another(made):
    run = made(member("ann"), limits={"batch_above": 0})
    run.load(update("ann", FNAME="New"))
    planned_at = Plan(run.run.project.warehouse, run.run.run_id).planned_at()
    jobs = StartedJobs(run.run.project.staging, run.run.partition("batch"), planned_at)
    assert jobs.find(["update_member ann"]) is None


def test_g04_what_failed_is_tried_again_and_the_newest_result_counts(made):
    run = made(member("ann"), member("bob"), connections=1)
    lasting = {"kind": "status", "status": 500, "method": "PATCH", "path": MEMBER, "times": PROMPT.attempts}
    run.sandbox.faults("mailchimp", lasting)
    run.plan(update("ann", FNAME="New"), update("bob", FNAME="New"))
    with pytest.raises(TransientError, match="1 operations failed"):
        load_audience(run.run)
    assert sorted(state for state, _ in run.results().values()) == ["applied", "failed"]
    run.sandbox.reset_calls()
    load_audience(run.run)
    assert states(run.results()) == {"applied"}
    assert sorted(row["attempt"] for row in run.rows()) == [1, 1, 2]
    assert run.calls("PATCH", MEMBER) == 1


def test_g07_a_vendor_that_is_down_is_not_asked_for_every_member(made):
    names = named("p", range(60))
    run = made(*map(member, names))
    run.plan(*(update(name, FNAME="New") for name in names))
    run.sandbox.faults("mailchimp", {"kind": "html_502", "method": "PATCH", "path": MEMBER})
    with pytest.raises(TransientError):
        load_audience(run.run)
    assert len(run.results()) == FAILURES_IN_A_ROW
    assert run.calls("PATCH", MEMBER) < 2 * FAILURES_IN_A_ROW * PROMPT.attempts


# --- G07: one bad record never fails a batch


def test_g07_bad_members_among_500_are_refused_alone_and_without_their_address(made):
    good = named("p", range(496))
    bad = [add("tier", TIER="Iron"), add("where", ADDRESS={"addr1": "1"})]
    fake = add("fake") | {"after": add("fake")["after"].replace("fake@x.example", "fake@example.com")}
    odd = add("odd") | {"after": add("odd")["after"].replace("odd@x.example", "no address")}
    results = made().load(*bad, fake, odd, *(add(name, FNAME="Ann") for name in good))
    assert {results[f"add_member {name}"] for name in good} == {("applied", "")}
    refused = {op_id: reason for op_id, (state, reason) in results.items() if state == "refused"}
    assert len(refused) == 4
    assert "TIER" in refused["add_member tier"]
    assert not any("@" in reason or "no address" in reason for reason in refused.values())


def test_g07_nothing_hangs_on_words_that_no_source_gives(made):
    run = made(member("ann"))
    run.sandbox.switches("mailchimp", **dict.fromkeys(TEXTS, "Andere Worte."))
    there, wrong = run.load(add("ann"), add("tier", TIER="Iron"), add("new")), run.load(update("ann", TIER="Iron"))
    assert there["add_member ann"] == ("already_there", "member_exists")
    assert there["add_member tier"] == ("refused", "refused_by_mailchimp:TIER")
    assert there["add_member new"] == ("applied", "")
    assert wrong["update_member ann"] == ("refused", "refused_by_mailchimp:TIER")


def test_g07_a_refusal_that_passes_is_put_off(made):
    run = made()
    run.sandbox.switches("mailchimp", busy_domains="x.example")
    assert run.load(add("ann"))["add_member ann"] == ("deferred", "too_many_sign_ups")
    run.sandbox.switches("mailchimp")
    assert run.load(add("ann"))["add_member ann"] == ("applied", "")


def test_g01_who_unsubscribed_meanwhile_and_is_left_out_of_the_answer_is_there_already(made):
    run = made()
    happened(run, member("ann", "unsubscribed", _unsubscribed_by="member"))
    run.sandbox.switches("mailchimp", batch_ignores_renewals=True)
    assert run.load(add("ann"), add("bob"))["add_member ann"] == ("already_there", "member_exists")
    assert run.statuses() == {"ann": "unsubscribed", "bob": "subscribed"}


def test_g07_a_group_that_is_refused_whole_is_sent_in_halves(made):
    run = made()
    body = '{"title":"Invalid Resource","status":400,"detail":"JSON"}'
    refusal = {"kind": "status", "status": 400, "body": body, "content_type": "application/problem+json"}
    run.sandbox.faults("mailchimp", refusal | {"method": "POST", "path": ADD, "times": 1})
    assert states(run.load(*(add(name) for name in named("p", range(7))))) == {"applied"}
    assert run.calls("POST", ADD) == 3


def test_g07_an_audience_that_is_gone_is_no_fault_of_its_members(made):
    run = made()
    run.plan(*(add(name) for name in named("p", range(7))))
    body = '{"title":"Resource Not Found","status":404,"detail":""}'
    gone = {"kind": "status", "status": 404, "body": body, "content_type": "application/problem+json"}
    run.sandbox.faults("mailchimp", gone | {"method": "POST", "path": ADD})
    with pytest.raises(PermanentError, match="404"):
        load_audience(run.run)
    assert run.calls("POST", ADD) == 1


@pytest.mark.parametrize("batch_above", [0, 500], ids=["batch", "single"])
def test_g07_a_refused_update_keeps_its_field_and_the_others_go_on(made, batch_above):
    run = made(*map(member, ("ann", "bob", "cid")), limits={"batch_above": batch_above})
    results = run.load(update("ann", TIER="Iron"), update("bob", TIER="Gold"), update("cid", FNAME="New"))
    assert results["update_member bob"] == results["update_member cid"] == ("applied", "")
    state, reason = results["update_member ann"]
    assert (state, "TIER" in reason) == ("refused", True)


def test_g07_an_answer_that_lacks_its_lists_is_tried_again(made):
    run = made()
    run.plan(add("ann"))
    run.sandbox.faults("mailchimp", {"kind": "truncate", "length": "matching", "method": "POST", "path": ADD})
    with pytest.raises(TransientError):
        load_audience(run.run)
    run.sandbox.faults("mailchimp")
    load_audience(run.run)
    assert run.results() == {"add_member ann": ("applied", "answer_lost")}


def test_addresses_are_compared_trimmed_and_without_case(made):
    shouted = add("ann") | {"after": add("ann")["after"].replace(address("ann"), "ANN@X.Example")}
    run = made(member("bob"))
    exists = add("bob") | {"after": add("bob")["after"].replace(address("bob"), " BOB@x.EXAMPLE ")}
    run.plan(shouted, exists)
    with ResultLog(run.run.project.warehouse, run.run.run_id) as log:
        without_ground(run, log).add()
    assert run.results() == {
        "add_member ann": ("applied", ""),
        "add_member bob": ("already_there", "member_exists"),
    }


def test_archived_members_are_read_whole_only_before_members_are_added(made):
    archived = [member(name, "archived") for name in named("old", range(1500))]
    run = made(member("ann"), *archived)
    run.load(update("ann", FNAME="New"))
    only_changed = run.calls("GET", "/3.0/lists/{list_id}/members")
    run.sandbox.reset_calls()
    run.load(add("bob"))
    assert run.calls("GET", "/3.0/lists/{list_id}/members") > only_changed
