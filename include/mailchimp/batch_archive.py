"""Fetches and unpacks the result of a batch: a tar.gz of JSON files behind a URL that lives ten minutes.

The URL and the archive are taken for what anybody could have made: only known hosts, no redirects, no account key,
limits on sizes, nothing unpacked to disk.
"""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

import orjson
import requests
import urllib3

from include.errors import FatalError, PermanentError, TransientError
from include.mailchimp.problems import VENDOR, describe, named_fields, problem_of

COMPRESSED_LIMIT = 256 << 20
"""Bytes of the archive."""
RESULT_LIMIT = 1 << 30
"""Bytes of its files together; what is beyond is refused before it is read."""
TIMEOUT = (10.0, 60.0)
RESULT_HOSTS = (".mailchimp.com", ".amazonaws.com")


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What became of one operation.

    `code` is the title of the vendor's problem (empty where it worked), `message` that problem without e-mail
    addresses, `fields` the fields it names.
    """

    operation_id: str
    status: int
    code: str
    message: str
    fields: tuple[str, ...]

    @property
    def error(self) -> PermanentError | TransientError | None:
        """What went wrong, as the same call made alone would raise it; None where it was carried out."""
        if self.status < 300:
            return None
        message = self.message or f"status {self.status}"
        if self.status in {403, 408, 429} or self.status >= 500:
            return TransientError(message, vendor=VENDOR, code=self.code)
        return PermanentError(message, vendor=VENDOR, code=self.code, fields=self.fields)


def fetch_results(url: str, base_url: str) -> list[OperationResult]:
    """The results behind a URL.

    Args:
        url: the batch's `response_body_url`.
        base_url: of the API; a result may lie there too.

    Raises:
        TransientError: expired, cut off or unreadable; a new URL may help.
        PermanentError: larger than the limits.
        FatalError: on a host that is not the vendor's.
    """
    _check_host(url, base_url)
    with _fetched(url) as archive:
        return list(unpacked(archive))


def unpacked(archive: IO[bytes]) -> Iterator[OperationResult]:
    """The results in the archive's files; links and devices are passed over. Raises as `fetch_results`."""
    try:
        with tarfile.open(fileobj=archive, mode="r|gz") as files:
            left = RESULT_LIMIT
            for file in files:
                left -= file.size
                _check_size(left)
                content = files.extractfile(file) if file.isreg() else None
                if content is not None:
                    yield from (_result(entry) for entry in orjson.loads(content.read()))
    except (tarfile.TarError, EOFError, OSError, KeyError, TypeError, ValueError) as error:
        raise unreadable(type(error).__name__) from None


def unreadable(reason: str) -> TransientError:
    """The error for a result that another fetch may bring."""
    return TransientError(f"a Mailchimp batch result could not be read: {reason}", vendor=VENDOR, code="batch_result")


@contextmanager
def _fetched(url: str) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as archive:
        try:
            with requests.get(url, timeout=TIMEOUT, stream=True, allow_redirects=False) as response:
                response.raise_for_status()
                for chunk in response.raw.stream(1 << 20, decode_content=False):
                    archive.write(chunk)
                    _check_size(COMPRESSED_LIMIT - archive.tell())
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise unreadable(type(error).__name__) from None
        archive.seek(0)
        yield archive


def _check_host(url: str, base_url: str) -> None:
    """Results come from the API's own host, or over TLS from where the vendor keeps them; from nowhere else."""
    asked, own = urlsplit(url), urlsplit(base_url)
    if (asked.scheme, asked.netloc) == (own.scheme, own.netloc):
        return
    if asked.scheme != "https" or not f".{asked.hostname}".endswith(RESULT_HOSTS):
        raise FatalError(
            f"Mailchimp's batch result lies on host {asked.hostname!r}, which is neither the API's own nor one of "
            f"https://*{', https://*'.join(RESULT_HOSTS)}: nothing was fetched from there"
        )


def _check_size(left: int) -> None:
    if left < 0:
        message = f"a Mailchimp batch result is over {COMPRESSED_LIMIT} bytes, or {RESULT_LIMIT} unpacked"
        raise PermanentError(message, vendor=VENDOR, code="batch_result_too_large")


def _result(entry: Mapping[str, object]) -> OperationResult:
    status = int(str(entry["status_code"]))
    problem = {} if status < 300 else problem_of(str(entry["response"]).encode())
    return OperationResult(
        operation_id=str(entry["operation_id"]),
        status=status,
        code="" if status < 300 else str(problem.get("title") or status),
        message=describe(problem),
        fields=named_fields(problem),
    )
