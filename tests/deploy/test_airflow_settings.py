"""`airflow_settings.yaml` is the one source of connections, variables and pools."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from airflow.sdk import Connection

from deploy.airflow_settings import AirflowSettings
from deploy.home import Home, Ports
from include.orchestration import Pool
from include.sandbox.mailchimp import credentials as mailchimp
from include.sandbox.salesforce import credentials as salesforce


@pytest.fixture
def environment() -> dict[str, str]:
    return AirflowSettings.read().environment({"mailchimp_default": "http://127.0.0.1:999"})


def connection(environment: dict[str, str], conn_id: str) -> Connection:
    return Connection.from_json(environment[f"AIRFLOW_CONN_{conn_id.upper()}"], conn_id)


def test_the_connections_open_the_sandbox_and_nothing_else(environment: dict[str, str]):
    found = connection(environment, "salesforce_default")
    assert (found.login, found.password) == (salesforce.USERNAME, salesforce.PASSWORD)
    assert found.extra_dejson["security_token"] == salesforce.SECURITY_TOKEN
    assert found.extra_dejson["endpoint"] == "http://127.0.0.1:8181"
    assert connection(environment, "mailchimp_default").password == mailchimp.API_KEY


def test_an_endpoint_follows_the_ports_of_the_stack(environment: dict[str, str]):
    assert connection(environment, "mailchimp_default").extra_dejson["endpoint"] == "http://127.0.0.1:999"


def test_every_pool_that_dags_use_is_declared():
    assert {pool.name for pool in AirflowSettings.read().pools} == {str(pool) for pool in Pool}


def test_a_demo_never_takes_the_connections_of_the_environment(tmp_path: Path):
    """They may be those of real accounts."""
    home = Home(tmp_path, Ports())
    own = {"AIRFLOW_CONN_MAILCHIMP_DEFAULT": "real", "AIRFLOW__CORE__PARALLELISM": "99", "LANG": "C"}
    demo = home.environment(own, own_connections=False)
    assert "127.0.0.1:8182" in demo["AIRFLOW_CONN_MAILCHIMP_DEFAULT"]
    assert demo["AIRFLOW__CORE__PARALLELISM"] == "8"
    assert demo["LANG"] == "C"
    assert home.environment(own, own_connections=True)["AIRFLOW_CONN_MAILCHIMP_DEFAULT"] == "real"


def test_a_shell_is_pointed_at_the_sandbox_of_the_stack_whatever_its_own_connections(tmp_path: Path):
    home = Home(tmp_path, Ports(salesforce=998, mailchimp=999))
    home.save_command_line()
    shell = 'export AIRFLOW_CONN_MAILCHIMP_DEFAULT=real; source "$0"; echo "$AIRFLOW_CONN_MAILCHIMP_DEFAULT"; env'
    told = subprocess.run(["bash", "-c", shell, str(home.command_line)], capture_output=True, text=True, check=True)
    lines = told.stdout.splitlines()
    assert json.loads(lines[0])["extra"]["endpoint"] == "http://127.0.0.1:999"
    assert any(line.startswith("AIRFLOW_CONN_SALESFORCE_DEFAULT=") and ":998" in line for line in lines)
    assert f"AIRFLOW_HOME={home.airflow}" in lines
