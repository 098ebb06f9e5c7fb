"""The vendor library's `ApiClient`, with its sending replaced by ours.

`mailchimp-marketing` 3.0.80 knows every endpoint's path and parameters, but opens a new connection per call, never
tries again, returns error answers with empty bodies instead of raising, loses Retry-After, replaces the word `server`
anywhere in a URL, lets `/` through in ids and sends `True` for booleans. Only `call_api`, where all of that happens, is
ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailchimp_marketing.api_client import ApiClient  # noqa: TID253 - this module is imported inside functions only

from include.mailchimp.urls import fill

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from include.mailchimp.transport import Document, Transport


class PooledApiClient(ApiClient):  # type: ignore[misc]  # the library is untyped
    """Sends what the library's endpoint classes build through a `Transport`."""

    def __init__(self, transport: Transport) -> None:
        super().__init__({})
        self._transport = transport

    def call_api(
        self,
        resource_path: str,
        method: str,
        path_params: Mapping[str, object] | None = None,
        query_params: Sequence[tuple[str, object]] | None = None,
        header_params: object = None,  # noqa: ARG002 - the transport sets the headers
        body: object = None,
        collection_formats: Mapping[str, str] | None = None,
        **_: object,
    ) -> Document:
        """Carries out one call of an endpoint class; errors are those of `Transport.call`."""
        path = fill(resource_path, path_params or {})
        params = self.parameters_to_tuples(query_params or [], collection_formats or {})
        spelled = [(name, str(value).lower() if isinstance(value, bool) else value) for name, value in params]
        return self._transport.call(method, path, params=spelled, body=body)
