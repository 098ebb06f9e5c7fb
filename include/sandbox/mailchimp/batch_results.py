"""The results of a finished batch: a tar.gz behind a signed address that expires.

The address is of the S3 kind: it needs no credentials, and refuses those of the API (assumption: as S3 does).
"""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from datetime import datetime, timedelta

from starlette.responses import Response

from include.sandbox.mailchimp.database import Database

PATH = "/batch-results/{batch_id}-response.tar.gz"
LIFETIME = timedelta(minutes=10)
DENIED = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{}</Code><Message>{}</Message></Error>'


def expiry(now: datetime) -> int:
    """When an address that is made now stops working, in seconds since 1970."""
    return int((now + LIFETIME).timestamp())


def results_url(base_url: str, batch_id: str, expires: int) -> str:
    """The address of a batch's results until then."""
    origin = base_url.removesuffix("/3.0")
    path = PATH.format(batch_id=batch_id)
    return f"{origin}{path}?Expires={expires}&Signature={_signature(batch_id, expires)}"


def results_answer(
    database: Database, batch_id: str, given: dict[str, str], now: datetime, *, key: bool, per_file: int
) -> Response:
    """What the address answers.

    Args:
        database: the account's.
        batch_id: the batch.
        given: the address's parameters.
        now: the sandbox's time.
        key: whether the request carries an Authorization header.
        per_file: how many operations a file of the archive holds.
    """
    expires = given.get("Expires", "0")
    if key:
        return _refusal(400, "InvalidArgument", "Only one auth mechanism allowed")
    if not expires.isdigit() or given.get("Signature") != _signature(batch_id, int(expires)):
        return _refusal(403, "SignatureDoesNotMatch", "The request signature does not match")
    if now.timestamp() > int(expires):
        return _refusal(403, "AccessDenied", "Request has expired")
    row = database.execute("SELECT no FROM batches WHERE id = ? AND completed_at <> ''", (batch_id,)).fetchone()
    if row is None:
        return _refusal(404, "NoSuchKey", "The specified key does not exist.")
    archive = _archive(batch_id, _files(database, row[0], per_file), now)
    return Response(archive, media_type="application/x-gzip")


def gone() -> Response:
    """The answer for results that the storage has lost."""
    return _refusal(404, "NoSuchKey", "The specified key does not exist.")


def _files(database: Database, batch_no: int, per_file: int) -> Iterator[bytes]:
    sql = "SELECT result FROM batch_results WHERE batch_no = ? ORDER BY position"
    rows = database.execute(sql, (batch_no,))
    while page := rows.fetchmany(per_file):
        yield b"[" + ",".join(result for (result,) in page).encode() + b"]"


def _archive(batch_id: str, files: Iterator[bytes], now: datetime) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        directory = tarfile.TarInfo(f"{batch_id}/")
        directory.type, directory.mode, directory.mtime = tarfile.DIRTYPE, 0o755, int(now.timestamp())
        archive.addfile(directory)
        for number, content in enumerate(files):
            entry = tarfile.TarInfo(f"{batch_id}/{batch_id}-{number}.json")
            entry.size, entry.mtime = len(content), int(now.timestamp())
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _signature(batch_id: str, expires: int) -> str:
    return hashlib.sha256(f"sandbox {batch_id} {expires}".encode()).hexdigest()


def _refusal(status: int, code: str, message: str) -> Response:
    return Response(DENIED.format(code, message), status_code=status, media_type="application/xml")
