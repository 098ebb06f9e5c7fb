"""Where a running stack lives: its folder, its ports, and the environment of its programs."""

from __future__ import annotations

import json
import os
import shlex
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.airflow_settings import AirflowSettings

PROJECT = Path(__file__).parents[1]
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """The three ports of a stack, all on the loopback interface."""

    airflow: int = 8080
    salesforce: int = 8181
    mailchimp: int = 8182

    @classmethod
    def chosen(cls) -> Ports:
        """Return the fixed ports, each replaceable by AIRFLOW_PORT, SALESFORCE_PORT or MAILCHIMP_PORT."""
        return cls(
            **{name: int(os.environ.get(f"{name.upper()}_PORT") or port) for name, port in asdict(cls()).items()}
        )

    @classmethod
    def free(cls) -> Ports:
        """Return three ports that nobody uses at the moment."""
        sockets = [socket.create_server((LOOPBACK, 0)) for _ in range(3)]
        numbers = [listener.getsockname()[1] for listener in sockets]
        for listener in sockets:
            listener.close()
        return cls(*numbers)

    def taken(self) -> list[str]:
        """List the ports, as `NAME_PORT=number`, on which something listens already."""
        found = []
        for name, port in asdict(self).items():
            with socket.socket() as probe:
                if probe.connect_ex((LOOPBACK, port)) == 0:
                    found.append(f"{name.upper()}_PORT={port}")
        return found


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds everything a stack keeps between starts, and leaves behind.

    Attributes:
        folder: holds Airflow's home, the sandbox's state, logs, and the records of what runs.
        ports: where the services listen.
        data: the pipeline's root (staging, warehouse, reports); None leaves it to `pipeline.yaml`.
    """

    folder: Path
    ports: Ports
    data: Path | None = None

    @property
    def airflow(self) -> Path:
        """Airflow's home folder."""
        return self.folder / "airflow"

    @property
    def state(self) -> Path:
        """The sandbox's state folder."""
        return self.folder / "state"

    @property
    def passwords(self) -> Path:
        """The file into which Airflow writes the password it made up for `admin`."""
        return self.airflow / "simple_auth_manager_passwords.json.generated"

    def log(self, service: str) -> Path:
        """Return the file with what `service` prints."""
        return self.folder / "logs" / f"{service}.log"

    def record(self, service: str) -> Path:
        """Return the file that remembers the session of `service`."""
        return self.folder / f"{service}.session.json"

    def url(self, service: str) -> str:
        """Return the address of `airflow`, `salesforce` or `mailchimp`."""
        return f"http://{LOOPBACK}:{asdict(self.ports)[service]}"

    def save_ports(self) -> None:
        """Remember the ports, so that later commands find the running services."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "ports.json").write_text(json.dumps(asdict(self.ports)), "utf-8")

    def saved_ports(self) -> Ports:
        """Return the ports of the last start."""
        return Ports(**json.loads((self.folder / "ports.json").read_text("utf-8")))

    @property
    def command_line(self) -> Path:
        """The file that points a shell, and with it the project's command line, at the stack."""
        return self.folder / "environment"

    def save_command_line(self) -> None:
        """Write that file; it holds the sandbox's connections, never those of the environment."""
        exported = self.environment({}, own_connections=False)
        names = [name for name in exported if name.startswith("AIRFLOW_CONN_")] + ["AIRFLOW_HOME"]
        lines = [f"export {name}={shlex.quote(exported[name])}\n" for name in sorted(names)]
        self.command_line.write_text("".join(lines), "utf-8")

    def environment(self, base: Mapping[str, str], *, own_connections: bool) -> dict[str, str]:
        """Return the environment of Airflow's services.

        Args:
            base: the environment to start from; what it says about another Airflow is left out.
            own_connections: whether `AIRFLOW_CONN_*` and `AIRFLOW_VAR_*` in `base` win over `airflow_settings.yaml`.
        """
        endpoints = {f"{vendor}_default": self.url(vendor) for vendor in ("salesforce", "mailchimp")}
        kept = {name: value for name, value in base.items() if not name.startswith("AIRFLOW_")}
        own = {name: value for name, value in base.items() if name.startswith(("AIRFLOW_CONN_", "AIRFLOW_VAR_"))}
        return {
            **kept,
            **AirflowSettings.read().environment(endpoints),
            **(own if own_connections else {}),
            **self._airflow_configuration(),
            **({"SYNC_ROOT": str(self.data)} if self.data else {}),
            "AIRFLOW_HOME": str(self.airflow),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{base.get('PATH', os.defpath)}",
            "PYTHONPATH": str(PROJECT),
            "NO_PROXY": LOOPBACK,
            "no_proxy": LOOPBACK,
        }

    def _airflow_configuration(self) -> dict[str, str]:
        options = {
            ("core", "dags_folder"): PROJECT / "dags",
            ("core", "plugins_folder"): PROJECT / "plugins",
            ("core", "load_examples"): False,
            ("core", "executor"): "LocalExecutor",
            ("core", "parallelism"): 8,
            ("core", "dags_are_paused_at_creation"): True,
            ("api", "host"): LOOPBACK,
            ("api", "port"): self.ports.airflow,
            ("api", "base_url"): self.url("airflow"),
            # A machine that was switched off takes up its work again after a minute; by default tasks wait five. A task
            # of a busy machine that is silent for less goes on.
            ("scheduler", "task_instance_heartbeat_timeout"): 60,
            ("scheduler", "task_instance_heartbeat_timeout_detection_interval"): 5,
            ("scheduler", "orphaned_tasks_check_interval"): 20,
        }
        return {f"AIRFLOW__{section}__{key}".upper(): str(value) for (section, key), value in options.items()}
