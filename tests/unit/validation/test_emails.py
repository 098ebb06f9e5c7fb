"""Which addresses pass: exactly those that email-validator takes."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from include.validation.emails import acceptable, is_acceptable

_LOCALS = st.text(st.sampled_from("abzAZ09_+-.'\"@ é"), min_size=0, max_size=70)
_DOMAINS = st.lists(st.text(st.sampled_from("abz09-é"), min_size=0, max_size=64), min_size=1, max_size=4).map(".".join)


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("ann@mail.example", True),
        ("Ann.Lee+news@Mail.Example", True),
        ("jos\u00e9@mail.example", True),
        ("jose\u0301@mail.example", False),  # looks the same
        ("jos\u00e9@m\u00fcnchen.example", True),
        ("ann@mu\u0308nchen.example", False),
        ("ann@mail.test", False),
        ("ann..lee@mail.example", False),
        (".ann@mail.example", False),
        ("ann@-mail.example", False),
        ("ann@mail", False),
        ("ann", False),
        ("", False),
    ],
)
def test_an_address_is_judged_by_its_syntax(address: str, accepted: bool) -> None:
    assert is_acceptable(address) is accepted


def test_no_address_is_no_verdict() -> None:
    assert acceptable(["ann@mail.example", None, "ann"]) == [True, None, False]


@given(_LOCALS, _DOMAINS)
@example("a" * 64, "b" * 63 + "." + "b" * 63 + "." + "b" * 60)
@example("a" * 60 + ".bbbb", "mail.example")
@example("a", "local")
def test_the_fast_way_answers_as_the_library_does(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    try:
        validate_email(address, check_deliverability=False)
        expected = True
    except EmailNotValidError:
        expected = False
    assert is_acceptable(address) is expected
