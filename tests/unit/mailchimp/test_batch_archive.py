import io
import json
import tarfile

import pytest

from include.errors import FatalError, PermanentError, TransientError
from include.mailchimp import batch_archive
from include.mailchimp.batch_archive import fetch_results, unpacked


def entry(operation_id="op1", status=200, response=None):
    return {"status_code": status, "operation_id": operation_id, "response": json.dumps(response or {})}


def archive(files, extra=()):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for info in extra:
            tar.addfile(info)
    return buffer.getvalue()


def results(content):
    return list(unpacked(io.BytesIO(content)))


def test_results_of_all_files_are_read():
    content = archive({"a.json": json.dumps([entry("1"), entry("2")]).encode(), "b.json": b"[]"})
    assert [result.operation_id for result in results(content)] == ["1", "2"]


def test_failed_operation_inside_a_finished_batch_carries_the_problem_without_the_address():
    problem = {
        "title": "Invalid Resource",
        "status": 400,
        "detail": "jo@corp.example was refused",
        "errors": [{"field": "LTV", "message": "Please enter a number"}],
    }
    (result,) = results(archive({"a.json": json.dumps([entry(status=400, response=problem)]).encode()}))
    assert isinstance(result.error, PermanentError)
    assert (result.code, result.fields) == ("Invalid Resource", ("LTV",))
    assert "corp.example" not in result.message + str(result.error)


@pytest.mark.parametrize("status", [429, 500, 504])
def test_operation_that_met_a_limit_may_be_tried_again(status):
    (result,) = results(archive({"a.json": json.dumps([entry(status=status)]).encode()}))
    assert isinstance(result.error, TransientError)


def test_file_names_lead_nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["../../evil.json", "/tmp/evil.json", "C:\\evil.json"]
    content = archive({name: json.dumps([entry(name)]).encode() for name in names})
    assert [result.operation_id for result in results(content)] == names
    assert list(tmp_path.iterdir()) == []


def test_links_and_devices_are_passed_over():
    link = tarfile.TarInfo("link.json")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    device = tarfile.TarInfo("device.json")
    device.type = tarfile.CHRTYPE
    content = archive({"a.json": json.dumps([entry()]).encode()}, extra=[link, device])
    assert len(results(content)) == 1


def test_file_that_unpacks_to_more_than_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(batch_archive, "RESULT_LIMIT", 1000)
    bomb = archive({"a.json": b"[" + b" " * 2000 + b"]"})
    assert len(bomb) < 1000
    with pytest.raises(PermanentError, match="unpacked"):
        results(bomb)


WHOLE = archive({"a.json": json.dumps([entry()] * 500).encode()})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>gone</html>",
        WHOLE[: len(WHOLE) // 2],
        archive({"a.json": b'[{"status_code": 200'}),
        archive({"a.json": b'{"status_code": 200}'}),
        archive({"a.json": b'[{"status_code": 200}]'}),
    ],
    ids=["empty", "html", "cut off", "cut-off json", "no list", "no operation id"],
)
def test_unreadable_result_is_transient(content):
    with pytest.raises(TransientError, match="could not be read"):
        results(content)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/3.0/result",
        "https://mailchimp.com.evil.example/r",
        "https://evilmailchimp.com/r",
        "http://bucket.s3.amazonaws.com/r",
        "https://us1.api.mailchimp.com@evil.example/r",
        "file:///etc/passwd",
    ],
)
def test_result_on_a_foreign_host_is_never_fetched(url):
    with pytest.raises(FatalError, match="nothing was fetched"):
        fetch_results(url, "https://us1.api.mailchimp.com/3.0")
