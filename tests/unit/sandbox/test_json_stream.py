"""Reading large JSON piece by piece."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.sandbox import json_stream
from include.sandbox.json_stream import JsonStream

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(), st.lists(JSON, max_size=4), max_size=4), st.integers(1, 40), st.booleans())
def test_any_document_reads_as_json_loads_reads_it(document: dict[str, Any], chunk: int, ascii_only: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "CHUNK_BYTES", chunk)
        text = json.dumps(document, ensure_ascii=ascii_only, indent=chunk % 3 or None)
        stream = JsonStream(io.BytesIO(text.encode()))
        read = {key: list(stream.values()) for key in stream.members()}
        stream.end()
    assert read == document


@pytest.mark.parametrize(
    "text", ["", "{", '{"a"', '{"a" 1}', '{"a": [1 2]}', '{"a": [1,]}', '{"a": nope}', "[]", "{} {}"]
)
def test_what_is_not_the_document_is_refused_with_its_place(text: str) -> None:
    stream = JsonStream(io.BytesIO(text.encode()))
    with pytest.raises(ValueError, match=r"not the JSON of a state.*\(character \d+\)"):
        [list(stream.values()) for _ in stream.members()] + [stream.end()]
