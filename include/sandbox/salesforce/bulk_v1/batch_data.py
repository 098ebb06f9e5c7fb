"""The records of a batch and their results, in the job's format.

An empty CSV cell or XML element leaves a field as it is; `#N/A`, `xsi:nil` and JSON null empty it. A lookup by another
key is `Owner.Key__c` in CSV, an `sObject` inside the relationship's element in XML, an object in JSON.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from include.sandbox.salesforce.bulk.csv_format import Dialect, JobFailed
from include.sandbox.salesforce.bulk.ingest_jobs import sent_row
from include.sandbox.salesforce.bulk_v1.documents import NAMESPACE, element, local, parse
from include.sandbox.salesforce.dml.changes import Saved, Sent
from include.sandbox.salesforce.wordings import assumed

CONTENT_TYPES = {"CSV": "text/csv", "JSON": "application/json", "XML": "application/xml"}
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_CSV = Dialect.of("COMMA", "LF")


@dataclass(frozen=True, slots=True)
class BatchData:
    """What a batch holds.

    Attributes:
        names: the fields and relationships it names, also where they are empty.
        rows: the records, in order.
    """

    names: Set[str]
    rows: list[Sent]


def read_batch(content_type: str, body: bytes) -> BatchData:
    """The records of a batch.

    Raises:
        JobFailed: the data cannot be read.
    """
    readers: Mapping[str, Callable[[bytes], BatchData]] = {"CSV": _from_csv, "JSON": _from_json, "XML": _from_xml}
    return readers[content_type](body)


def write_results(content_type: str, results: Iterable[Saved]) -> str:
    """What came of a batch's records, in their order (vendor's documentation of batch results)."""
    writers: Mapping[str, Callable[[Iterable[Saved]], str]] = {"CSV": _to_csv, "JSON": _to_json, "XML": _to_xml}
    return writers[content_type](results)


def _from_csv(body: bytes) -> BatchData:
    rows = _CSV.rows(body)
    header = next(rows, [])
    sent = []
    for row in rows:
        if len(row) != len(header):
            raise JobFailed(
                assumed("v1_unread", format="CSV", fault=f"{len(row)} cells below a header of {len(header)}")
            )
        sent.append(sent_row(header, row))
    return BatchData({name.partition(".")[0] for name in header}, sent)


def _from_json(body: bytes) -> BatchData:
    try:
        records = json.loads(body)
    except ValueError as error:
        raise JobFailed(assumed("v1_unread", format="JSON", fault=error)) from None
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise JobFailed(assumed("v1_unread", format="JSON", fault="no list of records"))
    return BatchData({name for record in records for name in record} - {"attributes"}, records)


def _from_xml(body: bytes) -> BatchData:
    try:
        root = parse(body)
    except ET.ParseError as error:
        raise JobFailed(assumed("v1_unread", format="XML", fault=error)) from None
    if local(root) != "sObjects":
        raise JobFailed(assumed("v1_unread", format="XML", fault="no sObjects"))
    records = [one for one in root if local(one) == "sObject"]
    names = {local(child) for record in records for child in record} - {"type"}
    return BatchData(names, [_record(one) for one in records])


def _record(node: ET.Element) -> dict[str, object]:
    return {local(child): _value(child) for child in node if local(child) != "type" and not _blank(child)}


def _value(node: ET.Element) -> object:
    if node.get(_NIL) == "true":
        return None
    nested = next(iter(node), None)
    return node.text if nested is None else _record(nested)


def _blank(node: ET.Element) -> bool:
    return not len(node) and not node.text and node.get(_NIL) != "true"


def _to_csv(results: Iterable[Saved]) -> str:
    lines = [_CSV.line(["Id", "Success", "Created", "Error"])]
    for one in results:
        flags = [str(not one.error).lower(), str(_created(one)).lower()]
        lines.append(_CSV.line([_id(one) or "", *flags, "".join(error.csv() for error in one.errors)]))
    return "".join(lines)


def _to_json(results: Iterable[Saved]) -> str:
    return json.dumps(
        [
            {
                "success": not one.error,
                "created": _created(one),
                "id": _id(one),
                "errors": [{**error.json(), "extendedErrorDetails": None} for error in one.errors],
            }
            for one in results
        ]
    )


def _to_xml(results: Iterable[Saved]) -> str:
    rows = [
        {
            "errors": [error.json() for error in one.errors],
            "id": _id(one),
            "success": not one.error,
            "created": _created(one),
        }
        for one in results
    ]
    inner = "".join(element("result", row) for row in rows)
    return f'<?xml version="1.0" encoding="UTF-8"?><results xmlns="{NAMESPACE}">{inner}</results>'


def _id(saved: Saved) -> str | None:
    # A refused row has none (simple-salesforce issue 627).
    return None if saved.error else saved.record_id


def _created(saved: Saved) -> bool:
    return saved.created and not saved.error
