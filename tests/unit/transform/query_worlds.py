"""People, conditions and queries at random, as plain records: what a history of queries is made of."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

EMAILS = tuple(f"p{number}@x.example" for number in range(5))
TEXTS = ("Ann", "ANN", "Zoë", "ZOË", "Пётр", "O'Neil", "100%", "a_b", "axb", None)
DAYS = ("2026-11-22", "2026-11-21", "2026-10-31", "2024-02-29", None)
MOMENTS = ("2026-11-21T23:30:00.000Z", "2026-11-21T22:30:00.000Z", "2026-09-30T22:00:00.000Z")
CHOSEN = ("Events", "Offers", "Offers;Events", None)
FIELDS = st.fixed_dictionaries({
    "FirstName": st.sampled_from(TEXTS), "Tier__c": st.sampled_from(["gold", "silver", None]),
    "Interests__c": st.sampled_from(CHOSEN), "Agreed__c": st.booleans(),
    "Spend__c": st.sampled_from([0, 9.5, 10, 100, None]), "Birthdate": st.sampled_from(DAYS),
    "CreatedDate": st.sampled_from(MOMENTS), "Account.Name": st.sampled_from(["Acme", "Bolt", None]),
})  # fmt: skip
MEMBERSHIPS = st.lists(st.sampled_from(["Sent", "Responded"]).map(lambda status: {"Status": status}), max_size=2)
KINDS = ("Contact", "Contact", "Contact", "Lead", "PersonAccount")

SPANS = st.sampled_from([
    "today", "yesterday", "today - 1 year", "this month", "last 2 months", "this quarter", "last 10 days", "1 year ago",
])  # fmt: skip
WORDS = st.sampled_from([text for text in TEXTS if text] + ["%", "_", "n", "'"])
COMPARISONS = st.one_of(
    st.builds(lambda op, text: {"field": "FirstName", op: text},
              st.sampled_from(["equals", "not_equals", "contains", "starts_with"]), WORDS),
    st.lists(WORDS | st.just(""), min_size=1, max_size=3).map(lambda each: {"field": "FirstName", "in": each}),
    st.sampled_from(["gold", "silver"]).map(lambda tier: {"field": "Tier__c", "equals": tier}),
    st.booleans().map(lambda yes: {"field": "Tier__c", "is_blank": yes}),
    st.sampled_from([["Events"], ["Events;Offers"], ["Offers", "Events"]]).map(
        lambda each: {"field": "Interests__c", "includes": each}),
    st.booleans().map(lambda yes: {"field": "Agreed__c", "equals": yes}),
    st.builds(lambda op, number: {"field": "Spend__c", op: number},
              st.sampled_from(["less", "greater", "equals", "not_equals"]), st.sampled_from([0, 9.5, 10])),
    st.builds(lambda path, op, span: {"field": path, op: span},
              st.sampled_from(["Birthdate", "CreatedDate"]), st.sampled_from(["equals", "before", "after", "within"]),
              SPANS),
    st.sampled_from(["Sent", "Responded"]).map(
        lambda status: {"campaign_member": {"field": "Status", "equals": status}}),
)  # fmt: skip
OF_ACCOUNTS = st.sampled_from(["equals", "not_equals"]).map(lambda op: {"field": "Account.Name", op: "acme"})


def conditions(object_name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Conditions on a query's object; only a Contact has an account."""
    if object_name == "CampaignMember":
        return st.sampled_from(["Sent", "Responded"]).map(lambda status: {"field": "Status", "equals": status})
    return st.recursive(
        COMPARISONS if object_name == "Lead" else COMPARISONS | OF_ACCOUNTS,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda each: {"all": each}),
            st.lists(inner, min_size=1, max_size=3).map(lambda each: {"any": each}),
            inner.map(lambda each: {"not": each}),
        ),
        max_leaves=4,
    )


OBJECTS = ("Contact", "Contact", "Lead", "PersonAccount", "CampaignMember")
TARGETS = st.fixed_dictionaries({
    # of the category Pace, which takes one group, one at most
    "groups": st.tuples(st.sampled_from([[], ["i-news"], ["i-events"], ["i-news", "i-events"]]),
                        st.sampled_from([[], ["i-daily"], ["i-weekly"]])).map(lambda parts: parts[0] + parts[1]),
    "tags": st.lists(st.sampled_from(["Customer", "VIP", "Hot"]), unique=True, max_size=2),
})  # fmt: skip
SELECTIONS = st.sampled_from(OBJECTS).flatmap(
    lambda name: (st.none() | conditions(name)).map(
        lambda where: {"object": name} | ({} if where is None else {"where": where})
    )
)
QUERIES = st.builds(
    lambda selection, targets, run: selection | targets | run,
    SELECTIONS, TARGETS, st.sampled_from([{}, {}, {}, {"run": "manual"}]),
)  # fmt: skip
