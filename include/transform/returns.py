"""Who is brought back, and by what: what an automatic run makes of people and members who left, or came back.

`docs/returns.md` is made from this; a test makes a plan of every row, under both policies.
"""

from __future__ import annotations

from dataclasses import dataclass

from include.transform.consent import LEFT
from include.transform.moves import MOVABLE
from include.transform.reasons import MEANINGS, Reason

NOTHING_BRINGS_BACK = "nothing: they are there"


@dataclass(frozen=True, slots=True)
class Return:
    """One row.

    Attributes:
        name: what tests know it by.
        happened: what happened, to somebody whom a query selects.
        legacy_parity: the reason that the person's row of the ledger has (the member's, where nobody is left).
        two_way: the same under the other policy.
        until: what changes that.
    """

    name: str
    happened: str
    legacy_parity: Reason
    two_way: Reason
    until: str

    def under(self, policy: str) -> str:
        """What a run makes of it: the reason in the ledger and its meaning."""
        reason = Reason(getattr(self, policy))
        return f"`{reason}`: {MEANINGS[reason].text}"


_THEMSELVES = "they themselves, in Mailchimp (a form, their preferences)"
_LEFT = f"{', '.join(LEFT[:-1])} or {LEFT[-1]}"

RETURNS: tuple[Return, ...] = (
    Return("archived", "the member was archived", Reason.ARCHIVED, Reason.ARCHIVED,
           "whoever takes the member back in Mailchimp, or they themselves by signing up again"),
    Return("forgotten", "the member was deleted for good", Reason.FORGOTTEN, Reason.FORGOTTEN,
           "they themselves alone, by Mailchimp's form; Mailchimp refuses everybody else"),
    Return("cleaned", "the member's address bounced for good", Reason.CLEANED, Reason.CLEANED,
           "another e-mail in Salesforce"),
    Return("unsubscribed", "the member unsubscribed", Reason.UP_TO_DATE, Reason.OPTED_OUT_BY_MEMBER, _THEMSELVES),
    Return("resubscribed", "the member had unsubscribed and returned by itself", Reason.UP_TO_DATE, Reason.UP_TO_DATE,
           NOTHING_BRINGS_BACK),
    Return("resubscribed_opted_out", "the same, but the person still has Email Opt Out", Reason.UP_TO_DATE,
           Reason.UNSUBSCRIBED, "clearing Email Opt Out in Salesforce, then they themselves"),
    Return("opted_out", "the person opted out before being added", Reason.OPTED_OUT, Reason.OPTED_OUT,
           "clearing Email Opt Out: the next run adds them"),
    Return("opt_out_cleared", "the opt-out was cleared, there never was a member", Reason.ADDED, Reason.ADDED,
           NOTHING_BRINGS_BACK),
    Return("opt_out_cleared_unsubscribed", "the opt-out was cleared, the member is unsubscribed", Reason.UP_TO_DATE,
           Reason.OPTED_OUT_BY_MEMBER, _THEMSELVES),
    Return("consent_withdrawn", "the consent field says no, there never was a member", Reason.NO_CONSENT,
           Reason.NO_CONSENT, "the consent field: the next run adds them"),
    Return("former_left", f"the person has a new e-mail; the member of the former one is {_LEFT}",
           Reason.CONSENT_HELD, Reason.CONSENT_HELD, "they themselves, by signing up with the new e-mail"),
    Return("former_movable", f"the person has a new e-mail; the member of the former one is {MOVABLE}", Reason.ADDED,
           Reason.MOVED, NOTHING_BRINGS_BACK),
    Return("former_cleaned", "the person has a new e-mail; the former one bounced for good", Reason.ADDED, Reason.ADDED,
           NOTHING_BRINGS_BACK),
    Return("former_pending", "the person has a new e-mail; the former one never confirmed", Reason.ADDED, Reason.ADDED,
           NOTHING_BRINGS_BACK),
    Return("changed_in_mailchimp", "the e-mail was changed in Mailchimp", Reason.ADDED, Reason.EMAIL_CHANGED,
           "the same e-mail in Salesforce: they are matched by it"),
    Return("changed_back_stayed", "the e-mail changed back, its subscribed member had stayed", Reason.UP_TO_DATE,
           Reason.UP_TO_DATE, NOTHING_BRINGS_BACK),
    Return("changed_back_moved", "the e-mail changed back after the member had moved", Reason.ADDED, Reason.MOVED,
           NOTHING_BRINGS_BACK),
    Return("changed_back_left", "the e-mail changed back, its member has unsubscribed", Reason.UP_TO_DATE,
           Reason.OPTED_OUT_BY_MEMBER, _THEMSELVES),
    Return("deleted", "the person was deleted in Salesforce", Reason.ORPHAN_MEMBER, Reason.ORPHAN_MEMBER,
           "undeleting the person: the member is matched again"),
    Return("undeleted", "the person was deleted and undeleted; the member stayed", Reason.UP_TO_DATE,
           Reason.UP_TO_DATE, NOTHING_BRINGS_BACK),
    Return("undeleted_archived", "the same, but the member was archived meanwhile (`missing_people: archive`)",
           Reason.ARCHIVED, Reason.ARCHIVED, "whoever takes the member back in Mailchimp"),
    Return("merged", f"a record was merged into the person; its member is {_LEFT}", Reason.CONSENT_HELD,
           Reason.CONSENT_HELD, "they themselves, by signing up with the e-mail of the person"),
    Return("converted", f"a Lead was converted into the person; its member is {_LEFT}", Reason.CONSENT_HELD,
           Reason.CONSENT_HELD, "they themselves, by signing up with the e-mail of the person"),
    Return("merged_subscribed", "a record was merged into the person; its member is subscribed", Reason.ADDED,
           Reason.ADDED, "nothing: both are kept up to date with the person's values"),
    Return("lead_deleted", "the Lead that the sync made of the member was deleted", Reason.ORPHAN_MEMBER,
           Reason.ORPHAN_MEMBER, "undeleting the Lead: a second one is never made"),
    Return("matches_again", "the person stopped matching, and matches again", Reason.UPDATED, Reason.UPDATED,
           "nothing: the member stayed, groups and tags are given again"),
)  # fmt: skip
"""In the order of the docs."""
