"""What the configuration may say, and the one error that names everything that is wrong."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from include.config.load import audience_stems, load_configuration, load_pipeline
from include.config.policies import PRESETS, WHAT_HAPPENS, PolicyName, Switches
from include.errors import ConfigError
from tests.unit.config.worlds import NEWSLETTER, write_configuration
from tests.unit.transform.worlds import audience as configured

FILE = "audiences/newsletter.yaml"


def problems(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_configuration(folder)
    return str(caught.value).splitlines()[1:]


def test_a_correct_folder_loads_with_defaults(tmp_path: Path) -> None:
    configuration = load_configuration(write_configuration(tmp_path))
    audience = configuration.audiences["newsletter"]
    assert audience.stem == "newsletter"
    assert audience.data_sync is True
    assert audience.create_leads.enabled is False
    assert configuration.pipeline.root == "data"
    assert len(configuration.hash) == 64


def test_two_problems_are_told_at_once_with_file_line_field_and_remedy(tmp_path: Path) -> None:
    known = "known here: blank, conflict, contact, country, lead, picklist, state_filler"
    text = NEWSLETTER.replace("contact: FirstName", "contcat: FirstName") + "data_sync: offf\n"
    assert problems(write_configuration(tmp_path, text)) == [
        f"{FILE}:5: fields.FNAME.contcat: unknown key; did you mean `contact`?; {known}",
        f"{FILE}:16: data_sync: `offf` is not a switch; write `on` or `off`",
    ]


def test_a_missing_policy_shows_what_happens_under_both(tmp_path: Path) -> None:
    text = NEWSLETTER.replace("policy: legacy_parity\n", "")
    first, header, *rows = problems(write_configuration(tmp_path, text))
    assert first == f"{FILE}:1: policy: is missing; write `policy: legacy_parity` or `policy: two_way`"
    assert header.split() == ["what", "happens", "when...", "legacy_parity", "two_way", "switch"]
    assert len(rows) == 7


@pytest.mark.parametrize("policy", ["legacy_parity", "two_way"])
def test_x01_a_policy_expands_to_its_switches(policy: PolicyName) -> None:
    audience = configured(policy=policy)
    switches = {switch.name: getattr(audience, switch.name) for switch in fields(Switches)}
    assert switches == asdict(PRESETS[policy])


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        ("opt_out", "to_mailchimp"), ("email_change", "move"), ("stops_matching", "remove"),
        ("mailchimp_edits", "newest"), ("missing_people", "archive"),
    ],
)  # fmt: skip
def test_x01_each_switch_is_set_alone(switch: str, value: str) -> None:
    audience = configured(**{switch: value})
    expected = asdict(PRESETS["legacy_parity"]) | {switch: value}
    assert {name: getattr(audience, name) for name in expected} == expected


def test_x01_two_way_loads_with_its_preset(tmp_path: Path) -> None:
    text = NEWSLETTER.replace("legacy_parity", "two_way")
    assert load_configuration(write_configuration(tmp_path, text)).audiences["newsletter"].email_change == "move"


def test_x01_every_value_of_every_switch_is_explained() -> None:
    for situation in WHAT_HAPPENS:
        assert tuple(situation.outcomes) == get_args(get_type_hints(Switches)[situation.switch])
    assert {situation.switch for situation in WHAT_HAPPENS} == {switch.name for switch in fields(Switches)}


def test_x01_an_unknown_policy_is_one_problem(tmp_path: Path) -> None:
    (found,) = problems(write_configuration(tmp_path, NEWSLETTER.replace("legacy_parity", "two_ways")))
    message = "`two_ways` is not one of `legacy_parity` or `two_way`; did you mean `two_way`?"
    assert found == f"{FILE}:2: policy: {message}"


def test_x03_a_field_without_a_policy_of_its_own_takes_the_audiences() -> None:
    mapped = {"FNAME": {"contact": "FirstName", "conflict": "fill_blank"}, "LNAME": {"contact": "LastName"}}
    audience = configured(mailchimp_edits="newest", fields=mapped)
    assert audience.conflict(audience.fields["FNAME"]) == "fill_blank"
    assert audience.conflict(audience.fields["LNAME"]) == "newest"


def test_r01_consent_is_required(tmp_path: Path) -> None:
    text = "\n".join(line for line in NEWSLETTER.splitlines() if not line.startswith("consent"))
    (line,) = problems(write_configuration(tmp_path, text))
    assert line.startswith(f"{FILE}:1: consent: is missing; name the boolean field")
    assert line.endswith("or write `consent: none`")


def test_r01_consent_none_is_explicit(tmp_path: Path) -> None:
    text = NEWSLETTER.replace("{contact: Newsletter_Consent__c, lead: Newsletter_Consent__c}", "none")
    assert load_configuration(write_configuration(tmp_path, text)).audiences["newsletter"].consent == "none"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("consent: {}", "consent: names no field; name a boolean field for `contact`, `lead` or both"),
        ("unsubscribe_sets_opt_out: some", "unsubscribe_sets_opt_out: `some` is not one of `any` or `all`"),
        ("unsubscribe_sets_opt_out: {}", "unsubscribe_sets_opt_out: names no field; name a boolean field for"),
        ("opt_out: yes", "opt_out: `yes` is not one of `off`, `to_mailchimp`, `to_salesforce` or `both`"),
        ("consent: nobody", "consent: `nobody` is not one of `none`"),
        ("first_load: aproove", "first_load: `aproove` is not one of `approve` or `auto`; did you mean `approve`?"),
        ("circuit_breaker: {new_leads: 120%}", "circuit_breaker.new_leads: `120%` is not a cap"),
        ("circuit_breaker: {new_leads: true}", "circuit_breaker.new_leads: `True` is not a cap"),
        ("create_leads: {defaults: {Company: 1}}", "create_leads.defaults.Company: has to be a text (in quotes"),
        ("stem: x", "stem: unknown key; the file's name is the audience's stem"),
        ("fields: {A: {}}", "fields.A: has no source; name a Salesforce field for `contact`, `lead` or both"),
        ("fields: {A: {contact: B, blank: folow}}", "fields.A.blank: `folow` is not one of `follow`"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_one_problem(tmp_path: Path, line: str, message: str) -> None:
    key = line.partition(":")[0]
    kept = [known for known in NEWSLETTER.split("queries:")[0].splitlines() if not known.startswith((key, "  "))]
    kept = [known for known in kept if known != "fields:"]
    fields = [] if key == "fields" else ["fields: {FNAME: {contact: FirstName}}"]
    text = "\n".join([*kept, *fields, line, ""])
    (found,) = problems(write_configuration(tmp_path, text))
    assert found.startswith(f"{FILE}:{len(kept) + len(fields) + 1}: {message}")


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("{field: A, eqauls: 1}", ".eqauls: unknown key; did you mean `equals`"),
        ("{field: A}", ": a comparison has exactly one operator; this one has none"),
        ("{field: A, equals: 1, less: 2}", ": a comparison has exactly one operator; this one has `equals` and `less`"),
        ("{equals: 1}", ": a condition has exactly one of `all`, `any`, `not`, `field`, `campaign_member`"),
        ("{all: [{field: A, equals: 1}], not: {field: B, equals: 1}}", ": a condition has exactly one of"),
        ("{all: []}", ".all: has to be a list with at least one entry"),
        ("{all: [{field: A, is_blank: true}, {any: [{field: B, before: todya}]}]}", ".all[1].any[0].before: `todya`"),
        ("{field: A, between: [5, 1]}", ".between: is not a range"),
        ("{field: A, between: [today, today - 1 day]}", ".between: `today` is later than `today - 1 day`"),
        ("{field: A, within: 30 days}", ".within: `30 days` is not a date or a period; write"),
        ("{field: A, equals: [1]}", ".equals: is not one value"),
        ("{field: A, less: x}", ".less: `x` is not a number"),
    ],
)  # fmt: skip
def test_a_wrong_condition_is_one_problem(tmp_path: Path, where: str, message: str) -> None:
    text = NEWSLETTER.replace("{field: MailingCountry, equals: France}", where)
    (line,) = problems(write_configuration(tmp_path, text))
    key, _, told = message.partition(": ")
    assert line.startswith(f"{FILE}:14: queries[0].where{key}: query french: {told}")


def test_words_keep_their_yaml_1_2_meaning(tmp_path: Path) -> None:
    text = NEWSLETTER.replace("equals: France", "in: [NO, on, 01234, 2026-11-22, true, 7, 1.5]") + "data_sync: off\n"
    audience = load_configuration(write_configuration(tmp_path, text)).audiences["newsletter"]
    assert audience.queries[0].where is not None
    assert audience.queries[0].where.operand == ("NO", "on", "01234", "2026-11-22", True, 7, 1.5)
    assert audience.data_sync is False


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        ("root: data\n", "1: time_zone: is missing; the nightly snapshot needs it: `time_zone: Europe/Paris`"),
        ("", "1: time_zone: is missing; the nightly snapshot needs it: `time_zone: Europe/Paris`"),
        ("time_zone: Europe/Pariss\n", "1: time_zone: `Europe/Pariss` is not a time zone; did you mean `Europe/Paris`"),
        ("time_zone: UTC\nschedule: {extract: 61 * * * *}\n", "2: schedule.extract: `61 * * * *` is not a cron"),
        ("time_zone: UTC\nlimits: {mailchimp_connections: 20}\n", "2: limits.mailchimp_connections: has to be less"),
        ("time_zone: UTC\ntime_zone: UTC\n", "2: time_zone: the key stands twice, first on line 1; keep one"),
        ("time_zone: [UTC\n", "2: is not YAML:"),
        ("a: &x 1\ntime_zone: *x\n", "2: is not YAML: aliases (`*name`) are not supported"),
        ("time_zone: !!python/name:os.system UTC\n", "1: time_zone: the YAML tag"),
        ("- 1\n", "1: has to be a mapping: `key: value`"),
    ],
)  # fmt: skip
def test_a_wrong_pipeline_file_is_told_with_its_line(tmp_path: Path, pipeline: str, message: str) -> None:
    folder = write_configuration(tmp_path, pipeline=pipeline)
    assert problems(folder)[0].startswith(f"pipeline.yaml:{message}")
    with pytest.raises(ConfigError, match="the configuration in"):
        load_pipeline(folder)


def test_missing_files_and_odd_names_are_told(tmp_path: Path) -> None:
    assert problems(tmp_path) == [
        "audiences/:1: there is no audience; write one file per audience, such as `audiences/newsletter.yaml`",
        "pipeline.yaml:1: the file is missing",
    ]
    rule = "the file's name becomes a DAG's id: lower-case letters, digits and _, a letter first"
    folder = write_configuration(tmp_path / "odd")
    (folder / "audiences" / "newsletter.yaml").rename(folder / "audiences" / "News-letter.yml")
    assert problems(folder) == [
        "audiences/News-letter.yml:1: is not read; name the file `News-letter.yaml`",
        f"audiences/News-letter.yml:1: {rule}",
    ]


def test_a_file_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    folder = write_configuration(tmp_path)
    (folder / "pipeline.yaml").write_bytes(b"time_zone: \xff\xfe")
    assert problems(folder) == ["pipeline.yaml:1: is not UTF-8 text; save the file as UTF-8"]


def test_names_that_stand_twice_are_told(tmp_path: Path) -> None:
    rules = "validation_rules.yaml"
    rule = "- {name: last_name, object: Contact, require: LastName, gates: [add]}\n"
    text = NEWSLETTER + "  - {name: french, object: Lead}\n"
    folder = write_configuration(tmp_path, text, rules=rule + rule)
    (folder / "audiences" / "other.yaml").write_text(NEWSLETTER)
    assert problems(folder) == [
        f"{FILE}:16: queries[1].name: `french` is used at {FILE}:12 already; give each its own name",
        f"audiences/other.yaml:1: audience: `Newsletter` is used at {FILE}:1 already; give each its own name",
        f"{rules}:2: [1].name: `last_name` is used at {rules}:1 already; give each its own name",
    ]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{name: a, object: Contact, gates: [add]}", "[0]: has to have `require: <field>`, or `field: <field>` and"),
        ("{name: a, object: Contact, require: X, field: X, gates: [add]}", "[0]: has to have `require: <field>`, or"),
        ("{name: a, object: Contact, require: X, gates: []}", "[0].gates: has to be a list with at least one entry"),
        ("{name: a, object: Contact, require: X, gates: [create_lead]}", "[0]: `create_lead` gates new Leads"),
        ("{name: a, object: Contact, field: X, between: [today], gates: [add]}", "[0].between: is not a period"),
        ("{name: a b, object: Contact, require: X, gates: [add]}", "[0].name: `a b` is not a name"),
    ],
)
def test_r17_a_wrong_rule_is_told(tmp_path: Path, rule: str, message: str) -> None:
    (line,) = problems(write_configuration(tmp_path, rules=f"- {rule}\n"))
    assert line.startswith(f"validation_rules.yaml:1: {message}")


def test_the_hash_follows_what_the_files_say_not_how(tmp_path: Path) -> None:
    base = load_configuration(write_configuration(tmp_path)).hash
    commented = "# a comment\n" + NEWSLETTER.replace(
        "contact: FirstName, lead: FirstName", "lead: FirstName, contact: FirstName"
    )
    assert load_configuration(write_configuration(tmp_path, commented)).hash == base
    assert load_configuration(write_configuration(tmp_path, NEWSLETTER + "data_sync: off\n")).hash != base
    assert (
        load_configuration(
            write_configuration(tmp_path, rules="- {name: a, object: Lead, require: X, gates: [add]}")
        ).hash
        != base
    )
    assert load_configuration(write_configuration(tmp_path, pipeline="time_zone: UTC\n")).hash != base


def test_stems_are_the_audience_files(tmp_path: Path) -> None:
    assert audience_stems(write_configuration(tmp_path)) == ("newsletter",)


def test_loading_stays_light_for_building_dags(tmp_path: Path) -> None:
    folder = write_configuration(tmp_path)
    code = (
        "import sys; from pathlib import Path; from include.config.load import audience_stems, load_pipeline;"
        f"folder = Path({str(folder)!r}); load_pipeline(folder); assert audience_stems(folder) == ('newsletter',);"
        "heavy = {'pandas', 'duckdb', 'pyarrow', 'great_expectations', 'airflow', 'deltalake'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
