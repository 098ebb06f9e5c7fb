import pytest

from include.errors import ConfigError
from include.mailchimp.urls import base_url, fill

KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("data_centre", ["us1", "us19", "usx9", "eu123"])
def test_host_is_the_data_centre_of_the_key(data_centre):
    assert base_url(f"{KEY}-{data_centre}", None, "mc") == f"https://{data_centre}.api.mailchimp.com/3.0"


@pytest.mark.parametrize(
    "suffix", ["evil.com/#", "us1.evil.com", "us1@evil", "US1", "us1\n", "", "us", "19", "usaaa1", "us1234", "us1-eu2 "]
)
def test_key_that_would_lead_to_another_host_is_refused_without_showing_it(suffix):
    with pytest.raises(ConfigError, match="-us19") as refused:
        base_url(f"{KEY}-{suffix}", None, "mc")
    assert KEY not in str(refused.value)


def test_endpoint_of_the_connection_goes_before_the_data_centre():
    assert base_url("any-key", "http://127.0.0.1:8182/", "mc") == "http://127.0.0.1:8182/3.0"


@pytest.mark.parametrize("endpoint", ["127.0.0.1:8182", "ftp://host", "file:///etc/passwd", "http://"])
def test_endpoint_that_is_no_web_address_is_refused(endpoint):
    with pytest.raises(ConfigError, match="endpoint"):
        base_url(f"{KEY}-us1", endpoint, "mc")


def test_ids_stay_one_segment_of_the_path():
    assert fill("/lists/{list_id}/members", {"list_id": "../a/b?c"}) == "/lists/..%2Fa%2Fb%3Fc/members"
