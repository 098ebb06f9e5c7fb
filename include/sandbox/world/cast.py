"""The cast: which parts the people of a block play, in the order of their numbers."""

from include.sandbox.world.roles import Audience, Email, Fate, Flaw, Kind, Role, Seat, Values

_NEWS, _UPDATES, _PARTNERS = Audience.NEWSLETTER, Audience.PRODUCT_UPDATES, Audience.PARTNERS
_CONTACT, _PERSON_ACCOUNT, _LEAD, _STRANGER = Kind.CONTACT, Kind.PERSON_ACCOUNT, Kind.LEAD, Kind.STRANGER
_TECHNOLOGY, _CHANNEL = "Technology Partner", "Channel Partner / Reseller"

_IN_STEP = Seat()
_OLDER = Seat(values=Values.OLDER)
_EDITED = Seat(values=Values.EDITED)
_SPARSE = Seat(values=Values.SPARSE)
_LEFT = Seat("unsubscribed", unsubscribed_by="member")
_REMOVED = Seat("unsubscribed", unsubscribed_by="admin")
_CLEANED = Seat("cleaned")
_PENDING = Seat("pending")
_TRANSACTIONAL = Seat("transactional")
_ARCHIVED = Seat("archived")
_FORGOTTEN = Seat("forgotten")

CONTACTS = (
    Role("customer in step", _CONTACT, 12, {_NEWS: _IN_STEP}),
    Role("customer tagged by hand", _CONTACT, 4, {_NEWS: Seat(tags=("Trade fair", "VIP"))}),
    Role("customer with the query's tag", _CONTACT, 4, {_NEWS: Seat(tags=("Customer",))}),
    Role("customer changed in Salesforce", _CONTACT, 8, {_NEWS: _OLDER}),
    Role("customer edited in Mailchimp", _CONTACT, 6, {_NEWS: _EDITED}),
    Role("customer filled in Salesforce only", _CONTACT, 3, {_NEWS: _SPARSE}),
    Role("customer who opens everything", _CONTACT, 1, {_NEWS: Seat(opens_all=True)}),
    Role("customer typed in upper case", _CONTACT, 1, {_NEWS: Seat(upper_case=True)}),
    Role("customer to add", _CONTACT, 11),
    Role("customer to add, long name", _CONTACT, 1, long_name=True),
    Role("customer without consent", _CONTACT, 5, consents=False),
    Role("customer who took the consent back", _CONTACT, 3, {_NEWS: _IN_STEP}, consents=False),
    Role("customer who opted out later", _CONTACT, 2, {_NEWS: _IN_STEP}, opted_out=True),
    Role("customer who opted out before", _CONTACT, 2, opted_out=True),
    Role("customer who unsubscribed", _CONTACT, 4, {_NEWS: _LEFT}),
    Role("customer unsubscribed by an admin", _CONTACT, 2, {_NEWS: _REMOVED}),
    Role("customer whose address bounced", _CONTACT, 2, {_NEWS: _CLEANED}),
    Role("customer who has not confirmed", _CONTACT, 2, {_NEWS: _PENDING}),
    Role("customer of the shop only", _CONTACT, 1, {_NEWS: _TRANSACTIONAL}),
    Role("customer archived", _CONTACT, 2, {_NEWS: _ARCHIVED}),
    Role("customer forgotten", _CONTACT, 2, {_NEWS: _FORGOTTEN}),
    Role("customer in two audiences", _CONTACT, 3, {_NEWS: _IN_STEP, _UPDATES: _OLDER}),
    Role("customer without e-mail", _CONTACT, 2, email=Email.NONE),
    Role("contact without account", _CONTACT, 1, {_NEWS: _IN_STEP}, account_type=None),
    Role("two contacts, one member", _CONTACT, 1, {_NEWS: _IN_STEP}),
    Role("shares a member's e-mail", _CONTACT, 1, email=Email.SHARED_UPPER_CASE, other="two contacts, one member"),
    Role("two contacts, no member", _CONTACT, 1),
    Role(
        "shares an e-mail, opted out", _CONTACT, 1, email=Email.SHARED, other="two contacts, no member", opted_out=True
    ),
    Role("contact and lead", _CONTACT, 1),
    Role("survivor of a merge", _CONTACT, 1, {_NEWS: _IN_STEP}),
    Role("merged away, same e-mail", _CONTACT, 1, fate=Fate.MERGED, email=Email.SHARED, other="survivor of a merge"),
    Role("survivor with a former e-mail", _CONTACT, 1),
    Role(
        "merged away, unsubscribed",
        _CONTACT,
        1,
        {_NEWS: _LEFT},
        fate=Fate.MERGED,
        other="survivor with a former e-mail",
    ),
    Role("deleted, still a member", _CONTACT, 1, {_NEWS: _IN_STEP}, fate=Fate.DELETED),
    Role("deleted, member elsewhere", _CONTACT, 1, {_UPDATES: _IN_STEP}, fate=Fate.DELETED),
    Role("converted into a member", _CONTACT, 1, {_NEWS: _IN_STEP}),
    Role("converted under another e-mail", _CONTACT, 2),
    Role("technology partner in step", _CONTACT, 6, {_UPDATES: _IN_STEP}, account_type=_TECHNOLOGY),
    Role("technology partner changed", _CONTACT, 3, {_UPDATES: _OLDER}, account_type=_TECHNOLOGY),
    Role("technology partner to add", _CONTACT, 4, account_type=_TECHNOLOGY, consents=False),
    Role("technology partner who left", _CONTACT, 1, {_UPDATES: _LEFT}, account_type=_TECHNOLOGY),
    Role(
        "reseller", _CONTACT, 4, {_PARTNERS: Seat(values=Values.EDITED, tags=("Gold partner",))}, account_type=_CHANNEL
    ),
    Role("reseller to add", _CONTACT, 3, account_type=_CHANNEL, consents=False),
    Role("reseller who left", _CONTACT, 1, {_PARTNERS: _LEFT}, account_type=_CHANNEL),
    Role("prospect", _CONTACT, 4, account_type="Prospect", consents=False),
    Role("planted: required field", _CONTACT, 1, flaw=Flaw.MISSING_REQUIRED_FIELD),
    Role("planted: date", _CONTACT, 1, {_NEWS: _OLDER}, flaw=Flaw.DATE_OUT_OF_PERIOD),
    Role("planted: dropdown", _CONTACT, 1, flaw=Flaw.UNKNOWN_DROPDOWN_VALUE),
    Role("planted: postal address", _CONTACT, 1, {_NEWS: _IN_STEP}, flaw=Flaw.INCOMPLETE_POSTAL_ADDRESS),
    Role("planted: long text", _CONTACT, 1, flaw=Flaw.TEXT_TOO_LONG),
    Role("planted: e-mail", _CONTACT, 1, flaw=Flaw.INVALID_EMAIL),
)
PERSON_ACCOUNTS = (
    Role("private customer in step", _PERSON_ACCOUNT, 6, {_NEWS: _IN_STEP}),
    Role("private customer changed in Salesforce", _PERSON_ACCOUNT, 3, {_NEWS: _OLDER}),
    Role("private customer to add", _PERSON_ACCOUNT, 4),
    Role("private customer without consent", _PERSON_ACCOUNT, 3, consents=False),
    Role("private customer who opted out later", _PERSON_ACCOUNT, 1, {_NEWS: _IN_STEP}, opted_out=True),
    Role("private customer who unsubscribed", _PERSON_ACCOUNT, 1, {_NEWS: _LEFT}),
    Role("private customer archived", _PERSON_ACCOUNT, 1, {_NEWS: _ARCHIVED}),
    Role("private customer of the updates", _PERSON_ACCOUNT, 1, {_UPDATES: _IN_STEP}),
    Role("private customer without e-mail", _PERSON_ACCOUNT, 1, email=Email.NONE),
)
LEADS = (
    Role("lead in step", _LEAD, 5, {_NEWS: _IN_STEP}),
    Role("lead changed in Salesforce", _LEAD, 3, {_NEWS: _OLDER}, lead_status="Working - Contacted"),
    Role("lead to add", _LEAD, 7),
    Role("lead without consent", _LEAD, 4, consents=False),
    Role("lead given up", _LEAD, 3, lead_status="Closed - Not Converted"),
    Role("lead who opted out", _LEAD, 1, opted_out=True),
    Role("lead who unsubscribed", _LEAD, 1, {_NEWS: _LEFT}),
    Role("technology lead in step", _LEAD, 4, {_UPDATES: _IN_STEP}, industry="Technology", consents=False),
    Role("technology lead to add", _LEAD, 3, industry="Technology", consents=False),
    Role("partner lead", _LEAD, 4, {_PARTNERS: _EDITED}, lead_source="Partner Referral", consents=False),
    Role("partner lead to add", _LEAD, 3, lead_source="Partner Referral", consents=False),
    Role("partner lead whose address bounced", _LEAD, 1, {_PARTNERS: _CLEANED}, lead_source="Partner Referral"),
    Role("lead of a contact", _LEAD, 1, email=Email.SHARED_SPACED, other="contact and lead"),
    Role("lead kept twice", _LEAD, 1),
    Role("lead, second copy", _LEAD, 1, email=Email.SHARED, other="lead kept twice"),
    Role("lead without e-mail", _LEAD, 1, email=Email.NONE),
    Role("lead of a merge", _LEAD, 1),
    Role("lead merged away", _LEAD, 1, fate=Fate.MERGED, email=Email.SHARED, other="lead of a merge"),
    Role("deleted lead, still a member", _LEAD, 1, {_UPDATES: _IN_STEP}, fate=Fate.DELETED),
    Role("converted, same e-mail", _LEAD, 1, fate=Fate.CONVERTED, email=Email.SHARED, other="converted into a member"),
    Role(
        "converted, other e-mail",
        _LEAD,
        2,
        {_NEWS: _LEFT, _UPDATES: _IN_STEP},
        fate=Fate.CONVERTED,
        other="converted under another e-mail",
    ),
)
STRANGERS = (
    Role("stranger with a full profile", _STRANGER, 5, {_UPDATES: _IN_STEP}),
    Role("stranger with little known", _STRANGER, 3, {_UPDATES: _SPARSE}),
    Role("stranger in two audiences", _STRANGER, 1, {_PARTNERS: _IN_STEP, _UPDATES: Seat(tags=("Beta tester",))}),
    Role("stranger who left", _STRANGER, 1, {_UPDATES: _LEFT}),
    Role("stranger whose address bounced", _STRANGER, 1, {_UPDATES: _CLEANED}),
    Role("stranger who has not confirmed", _STRANGER, 1, {_UPDATES: _PENDING}),
    Role("stranger of the shop only", _STRANGER, 1, {_UPDATES: _TRANSACTIONAL}),
    Role("stranger archived", _STRANGER, 1, {_UPDATES: _ARCHIVED}),
    Role("stranger forgotten", _STRANGER, 1, {_UPDATES: _FORGOTTEN}),
    Role("reader", _STRANGER, 4, {_NEWS: _IN_STEP}),
    Role("reader who left", _STRANGER, 2, {_NEWS: _LEFT}),
    Role("reader removed", _STRANGER, 1, {_NEWS: _REMOVED}),
    Role("partner unknown to Salesforce", _STRANGER, 2, {_PARTNERS: _IN_STEP}),
)

PEOPLE_PER_BLOCK = sum(role.count for role in (*CONTACTS, *PERSON_ACCOUNTS, *LEADS))
CAST = tuple(role for role in (*CONTACTS, *PERSON_ACCOUNTS, *LEADS, *STRANGERS) for _ in range(role.count))


def _other_slot(slot: int) -> int | None:
    """The slot that this one's fate or e-mail points to: the same occurrence of the other role."""
    role = CAST[slot]
    if role.other is None:
        return None
    names = [each.name for each in CAST]
    return names.index(role.other) + slot - names.index(role.name)


OTHER_SLOT = tuple(_other_slot(slot) for slot in range(len(CAST)))
