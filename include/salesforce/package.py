"""What `include/salesforce/metadata` deploys, as a describe answer should show it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from include.schema import DeployedField

OBJECTS = Path(__file__).parent / "metadata" / "force-app" / "main" / "default" / "objects"
_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
TYPES = {
    "Text": "string", "Picklist": "picklist", "Number": "double", "Percent": "percent", "DateTime": "datetime",
    "Email": "email", "Url": "url", "LongTextArea": "textarea", "TextArea": "textarea",
    "Lookup": "reference", "MasterDetail": "reference",
}  # fmt: skip
"""A field's type in the Metadata API to that in a describe answer."""
TEXT_AREA = 255
"""The length of a text area, which its definition does not say."""


def package_fields() -> Iterator[DeployedField]:
    """Every field of the project's package, by object and name; `length` is 0 where the type has none."""
    for path in sorted(OBJECTS.glob("*/fields/*.field-meta.xml")):
        field = ET.parse(path).getroot()  # noqa: S314 - a file of this project
        kind = field.findtext(f"{_NAMESPACE}type") or ""
        length = int(field.findtext(f"{_NAMESPACE}length") or 0) if kind in {"Text", "LongTextArea"} else 0
        length = TEXT_AREA if kind == "TextArea" else length
        yield DeployedField(path.parts[-3], path.name.split(".")[0], TYPES[kind], length, kind != "MasterDetail")
