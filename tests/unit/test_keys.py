from hypothesis import given
from hypothesis import strategies as st

from include.keys import email_key


def test_key_is_the_member_hash_of_the_vendors_documentation():
    # https://mailchimp.com/developer/marketing/docs/methods-parameters/#path-parameters
    assert email_key("Urist.McVankab@freddiesjokes.com") == "62eeb292278cc15f5817cb78f7790b08"


@given(st.emails())
def test_case_and_surrounding_blanks_do_not_matter(email):
    assert email_key(f" {email}\t") == email_key(email) == email_key(email.lower())
