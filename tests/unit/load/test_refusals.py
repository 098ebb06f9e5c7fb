"""Mailchimp's sentences as reasons, without the address in them (G09)."""

from __future__ import annotations

import pytest

from include.load.refusals import known_reason


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
    assert known_reason(sentence) == reason


@pytest.mark.parametrize("address", ["bounced@x.example", "compliance@x.example", "forgotten.person@x.example"])
def test_words_in_the_address_mean_nothing(address):
    assert known_reason(f"{address} is already a list member") is None


def test_an_unknown_wording_has_no_word():
    assert known_reason("Your merge fields were invalid.") is None
