"""The command line: exit status and what it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.__main__ import STOPPED, main
from tests.unit.config.worlds import write_configuration


def test_an_unknown_audience_is_named_before_anything_is_read(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", "salesforce://nowhere")
    configuration = write_configuration(tmp_path / "config")
    assert main(["sync", "--audience", "newsleter", "--config", str(configuration), "--root", str(tmp_path)]) == STOPPED
    said = capsys.readouterr().err
    assert "newsleter" in said
    assert "newsletter" in said


def test_a_mistake_in_the_configuration_stops_with_the_file_and_line(tmp_path: Path, capsys):
    configuration = write_configuration(tmp_path / "config", audience="audience: Newsletter\npolicy: wrong\n")
    assert main(["extract", "--config", str(configuration), "--root", str(tmp_path)]) == STOPPED
    assert "newsletter.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["sync"], ["snapshot"], ["unknown"]])
def test_wrong_arguments_are_explained(arguments, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert "usage: python -m include" in capsys.readouterr().err
