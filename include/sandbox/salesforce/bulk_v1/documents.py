"""The small documents of Bulk API 1.0: what a job or a batch is, and what went wrong, in XML or JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from include.sandbox.salesforce.errors import Refusal
from include.sandbox.salesforce.wordings import assumed

NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
Info = Mapping[str, object]


class BulkError(Refusal):
    """The request is refused; its code is the exceptionCode, like `InvalidJob`."""


@dataclass(frozen=True, slots=True)
class Language:
    """In which of the two a client speaks.

    Attributes:
        json: JSON, else XML.
    """

    json: bool

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Language":
        """JSON where the request's content type says so; XML is the default.

        https://developer.salesforce.com/docs/atlas.en-us.246.0.api_asynch.meta/api_asynch/async_api_headers.htm
        """
        return cls("json" in headers.get("content-type", ""))

    @property
    def content_type(self) -> str:
        """Of the answers."""
        return "application/json" if self.json else "application/xml"

    def read(self, body: bytes) -> dict[str, object]:
        """A document's fields.

        Raises:
            BulkError: InvalidJob: it cannot be read.
        """
        try:
            if self.json:
                fields = json.loads(body)
                return dict(fields)
            return {local(child): child.text or "" for child in parse(body)}
        except (ValueError, TypeError, ET.ParseError) as error:
            raise BulkError(assumed("v1_job_unread", fault=error)) from error

    def write(self, root: str, fields: Info) -> str:
        """One document; fields without a value are left out of XML."""
        return json.dumps(fields) if self.json else f"{_HEAD}{element(root, fields, top=True)}"

    def write_all(self, root: str, each: str, documents: Sequence[Info]) -> str:
        """A list of documents."""
        if self.json:
            return json.dumps({each: list(documents)})
        return f'{_HEAD}<{root} xmlns="{NAMESPACE}">{"".join(element(each, one) for one in documents)}</{root}>'


def parse(body: bytes) -> ET.Element:
    """The root of an XML document.

    Raises:
        xml.etree.ElementTree.ParseError: it is not well-formed.
    """
    return ET.fromstring(body)  # noqa: S314 - only clients on loopback reach the sandbox


def local(node: ET.Element) -> str:
    """An element's name without its namespace."""
    return node.tag.rpartition("}")[2]


def element(name: str, fields: Info, *, top: bool = False) -> str:
    """An XML element with an element per value; a list has one for each of its items."""
    inner = "".join(_child(child, value) for child, value in fields.items() if value is not None)
    namespace = f' xmlns="{NAMESPACE}"' if top else ""
    return f"<{name}{namespace}>{inner}</{name}>"


def _child(name: str, value: object) -> str:
    if isinstance(value, list):
        return "".join(_child(name, one) for one in value)
    if isinstance(value, Mapping):
        return element(name, value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text)}</{name}>"
