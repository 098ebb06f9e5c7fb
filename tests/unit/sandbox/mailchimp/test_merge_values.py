"""What a merge field of each type takes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.sandbox.mailchimp.merge_values import UnacceptableValueError, stored_value, text_cut
from include.sandbox.mailchimp.switches import SWITCHES

DEFAULTS = {name: switch.default for name, switch in SWITCHES.items()}
WHOLE = {"addr1": "1 Rue A", "city": "Paris", "state": "-", "zip": "75001"}


def field(kind: str, **options: Any) -> dict[str, Any]:
    return {"type": kind, "options": options}


@pytest.mark.parametrize(
    ("definition", "value", "stored"),
    [
        (field("text"), 5, "5"),
        (field("number"), "12.5", 12.5),
        (field("number"), "12", 12),
        (field("number"), 0, 0),
        (field("date"), "2026-11-23", "2026-11-23"),
        (field("date"), "2026/11/23", "2026-11-23"),
        (field("date"), "23-11-2026", "2026-11-23"),
        (field("date"), "11/23/2026", "2026-11-23"),
        (field("birthday"), "2/29", "02/29"),
        (field("birthday", date_format="DD/MM"), "23/11", "23/11"),
        (field("zip"), "75001", "75001"),
        (field("phone"), "000", "000"),
        (field("phone", phone_format="US"), "206-555-0100", "206-555-0100"),
        (field("url"), "https://a.example/x", "https://a.example/x"),
        (field("dropdown", choices=["Gold"]), "Gold", "Gold"),
        (field("address"), WHOLE, WHOLE | {"addr2": "", "country": ""}),
        (field("address"), dict.fromkeys(WHOLE, ""), ""),
    ],
)
def test_values_that_are_taken(definition: dict[str, Any], value: Any, stored: Any) -> None:
    assert stored_value(definition, value, DEFAULTS) == stored


@pytest.mark.parametrize("kind", ["text", "number", "address", "phone", "date", "url", "dropdown", "birthday", "zip"])
@pytest.mark.parametrize("blank", ["", None, {}])
def test_blank_is_the_empty_string_for_every_type(kind: str, blank: Any) -> None:
    assert stored_value(field(kind), blank, DEFAULTS) == ""


@pytest.mark.parametrize(
    ("definition", "value"),
    [
        (field("text"), ["a"]),
        (field("text"), True),
        (field("number"), "AAAAA"),
        (field("number"), False),
        (field("date"), "2026-02-30"),
        (field("date"), "yesterday"),
        (field("birthday"), "02/30"),
        (field("birthday"), "2026-02-03"),
        (field("zip"), "7500"),
        (field("phone", phone_format="US"), "000"),
        (field("phone", phone_format="US"), "(206) 555-0100"),
        (field("url"), "a.example"),
        (field("dropdown", choices=["Gold"]), "gold"),
        (field("radio", choices=["Gold"]), "Silver"),
        (field("address"), {**WHOLE, "zip": ""}),
        (field("address"), {"addr1": "1 Rue A"}),
        (field("address"), {**WHOLE, "zip": 75001}),
        (field("address"), "1 Rue A"),
    ],
)
def test_values_that_are_refused(definition: dict[str, Any], value: Any) -> None:
    with pytest.raises(UnacceptableValueError):
        stored_value(definition, value, DEFAULTS)


@given(st.text())
def test_a_text_is_cut_at_255_bytes_between_two_characters(text: str) -> None:
    cut = text_cut(text.encode(errors="ignore").decode())
    assert text.startswith(cut) or not text.isprintable()
    assert len(cut.encode()) <= 255
    assert len(cut.encode()) > 251 or cut == text.encode(errors="ignore").decode()


def test_whether_an_address_without_country_gets_one_is_a_switch() -> None:
    assert stored_value(field("address"), WHOLE, DEFAULTS)["country"] == ""
    switches = DEFAULTS | {"missing_country": "US"}
    assert stored_value(field("address"), WHOLE, switches)["country"] == "US"
    assert stored_value(field("address"), {**WHOLE, "country": "France"}, switches)["country"] == "France"


def test_whether_countries_are_codes_is_a_switch() -> None:
    address, switches = {**WHOLE, "country": "France"}, DEFAULTS | {"countries_are_codes": True}
    assert stored_value(field("address"), address, DEFAULTS)["country"] == "France"
    with pytest.raises(UnacceptableValueError):
        stored_value(field("address"), address, switches)
    assert stored_value(field("address"), {**WHOLE, "country": "FR"}, switches)["country"] == "FR"
