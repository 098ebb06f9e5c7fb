"""REST rows as paths and values."""

from include.salesforce.query import flat


def test_parents_become_paths_and_addresses_stay_objects():
    record = {
        "attributes": {"type": "Contact", "url": "/services/data/v59.0/sobjects/Contact/003A"},
        "Id": "003A",
        "MailingAddress": {"city": "Paris", "country": "France"},
        "Account": {
            "attributes": {"type": "Account"},
            "Name": "Acme",
            "Owner": {"attributes": {"type": "User"}, "Name": "Ann"},
        },
    }
    assert flat(record) == {
        "Id": "003A",
        "MailingAddress": {"city": "Paris", "country": "France"},
        "Account.Name": "Acme",
        "Account.Owner.Name": "Ann",
    }
