"""Which ways of writing an e-mail are one (detail 1)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.keys import email_key

COMPOSED = "jos\u00e9@x.example"


def test_detail_1_a_key_is_the_member_hash_of_the_vendors_documentation() -> None:
    # https://mailchimp.com/developer/marketing/docs/methods-parameters/#path-parameters
    assert email_key("Urist.McVankab@freddiesjokes.com") == "62eeb292278cc15f5817cb78f7790b08"


@given(st.emails())
def test_detail_1_case_and_white_space_around_it_do_not_count(email: str) -> None:
    assert email_key(f" {email}\t") == email_key(f"\u00a0{email}\u2003") == email_key(email) == email_key(email.lower())


def test_detail_1_no_syntax_does() -> None:
    assert email_key(" No Address ") == email_key("no address")


@pytest.mark.parametrize("other", ["JOS\u00c9@x.example", f" {COMPOSED} "])
def test_detail_1_letters_with_accents_have_case_as_others(other: str) -> None:
    assert email_key(other) == email_key(COMPOSED)


def test_detail_1_the_same_letters_in_another_unicode_form_are_another_email_as_for_mailchimp() -> None:
    assert email_key(unicodedata.normalize("NFD", COMPOSED)) != email_key(COMPOSED)
