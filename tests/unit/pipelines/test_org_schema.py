"""What of the org is described, and what is missed."""

import pytest

from include.errors import FatalError, PermanentError
from include.pipelines.org_schema import NEEDED_FIELDS, read_schema
from include.schema import SalesforceField, SalesforceObject


def fields(*names, **references):
    plain = [SalesforceField(name, name, "string") for name in names]
    return plain + [
        SalesforceField(
            f"{relationship}Id",
            relationship,
            "reference",
            reference_to=tuple(target.split()),
            relationship=relationship,
        )
        for relationship, target in references.items()
    ]


class DescribedOrg:
    """Answers describe calls, and counts them; lists its objects."""

    def __init__(self, **objects):
        self.objects, self.asked = objects, []

    def describe(self, name):
        self.asked.append(name)
        if name not in self.objects:
            raise PermanentError("no such object", vendor="salesforce", code="NOT_FOUND")
        return SalesforceObject(name, {field.name: field for field in self.objects[name]})

    def object_names(self):
        return list(self.objects)


def an_org(**more):
    return DescribedOrg(**{
        "Contact": fields(*NEEDED_FIELDS, Account="Account"),
        "Lead": fields(*NEEDED_FIELDS, Owner="User"),
        "Account": fields("Name", "SystemModstamp", Owner="User"),
        "User": fields("Name"),
    } | more)  # fmt: skip


def test_parents_on_the_paths_are_described_once():
    org = an_org()
    schema = read_schema(org, {"Contact": ["Account.Owner.Name", "Account.Name"], "Lead": ["Owner.Name"]})
    assert schema.field("Contact", "Account.Owner.Name")
    assert schema.field("Lead", "Owner.Name")
    assert sorted(org.asked) == sorted(set(org.asked))


def test_x02_behind_a_reference_to_several_objects_are_the_fields_of_name():
    """Not those of the object that the describe happens to list first."""
    org = an_org(
        Lead=fields(*NEEDED_FIELDS, Owner="Group User"),
        Name=fields("Name", "Type"),
        Group=fields("Name", "DeveloperName"),
    )
    schema = read_schema(org, {"Contact": [], "Lead": ["Owner.Name", "Owner.DeveloperName"]})
    assert schema.field("Lead", "Owner.Name")
    assert schema.field("Lead", "Owner.DeveloperName") is None
    assert "Group" not in org.asked


def test_paths_that_lead_nowhere_and_objects_that_are_not_deployed_are_left_out():
    schema = read_schema(an_org(), {"Contact": ["Boss.Name", "Account.Region.Name"], "Lead": []})
    assert schema.field("Contact", "Boss.Name") is None
    assert "MC_Audience__c" not in schema.objects


@pytest.mark.parametrize("name", ["HasOptedOutOfEmail", "Email"])
def test_r19_hidden_field_is_told_with_what_to_grant(name):
    lead = [field for field in fields(*NEEDED_FIELDS) if field.name != name]
    with pytest.raises(FatalError, match=rf"hides Lead\.{name} from the user .*permission set `MC_Sync`"):
        read_schema(an_org(Lead=lead), {"Contact": [], "Lead": []})


def test_object_that_the_user_may_not_see_is_told_too():
    org = an_org()
    del org.objects["Lead"]
    with pytest.raises(FatalError, match=r"hides Lead\.Id"):
        read_schema(org, {"Contact": [], "Lead": []})
