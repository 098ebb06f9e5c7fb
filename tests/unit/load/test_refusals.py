"""Mailchimp's sentences as reasons, without the address in them (G09)."""

from __future__ import annotations

import pytest

from include.load.refusals import UNKNOWN, reason_of


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("ann@x.example is in a compliance state due to unsubscribe, bounce, or compliance review", "compliance_state"),
        ("Member In Compliance State", "compliance_state"),
        ("Forgotten Email Not Subscribed", "forgotten"),
        ("ann@x.example was permanently deleted and cannot be re-imported.", "forgotten"),
        ("ann@x.example looks fake or invalid, please enter a real email address.", "looks_fake"),
        ("Please provide a valid email address.", "invalid_email"),
        ("ann@x.example has signed up to a lot of lists very recently; we're not allowing more", "too_many_sign_ups"),
    ],
)
def test_a_known_wording_is_one_word(sentence, reason):
    assert reason_of(sentence) == reason


@pytest.mark.parametrize("address", ["bounced@x.example", "compliance@x.example", "forgotten.person@x.example"])
def test_words_in_the_address_mean_nothing(address):
    assert reason_of(f"{address} is already a list member") == UNKNOWN


def test_g09_an_unknown_wording_is_not_repeated_but_the_field_is_named():
    assert (
        reason_of('Your merge fields were invalid; PHONE: "0612345678" is no number', ["PHONE"]) == f"{UNKNOWN}:PHONE"
    )
    assert reason_of("ann@x.example looks fake or invalid", ["EMAIL", "FNAME"]) == "looks_fake:EMAIL"
