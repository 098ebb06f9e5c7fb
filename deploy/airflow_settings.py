"""`airflow_settings.yaml`, in the Astro CLI's format: the one place that declares connections, variables and pools.

Connections and variables reach Airflow as environment variables, so that changing the file is enough; pools live in
Airflow's database. The format is that of astro-cli's `settings/types.go`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "airflow_settings.yaml"


@dataclass(frozen=True, slots=True)
class Pool:
    """A named number of slots, shared by all DAGs."""

    name: str
    slots: int
    description: str


@dataclass(frozen=True, slots=True)
class AirflowSettings:
    """What the file declares; a connection is the object that `AIRFLOW_CONN_*` takes as JSON, by connection id."""

    connections: Mapping[str, dict[str, Any]]
    variables: Mapping[str, str]
    pools: tuple[Pool, ...]

    @classmethod
    def read(cls, file: Path = FILE) -> AirflowSettings:
        """Read the file; keys of Astro's format that are not used here (such as `conn_uri`) raise KeyError."""
        declared = yaml.safe_load(file.read_text("utf-8"))["airflow"]
        return cls(
            connections={entry["conn_id"]: _connection(entry) for entry in declared["connections"]},
            variables={entry["variable_name"]: entry["variable_value"] for entry in declared["variables"] or []},
            pools=tuple(
                Pool(entry["pool_name"], entry["pool_slot"], entry["pool_description"]) for entry in declared["pools"]
            ),
        )

    def environment(self, endpoints: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the `AIRFLOW_CONN_*` and `AIRFLOW_VAR_*` variables; `endpoints` replaces that extra, by id."""
        variables = {f"AIRFLOW_VAR_{name.upper()}": value for name, value in self.variables.items()}
        for conn_id, connection in self.connections.items():
            endpoint = (endpoints or {}).get(conn_id)
            extra = connection["extra"] | ({"endpoint": endpoint} if endpoint else {})
            variables[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(connection | {"extra": extra})
        return variables


def _connection(entry: dict[str, Any]) -> dict[str, Any]:
    plain = {
        key: entry[f"conn_{key}"] for key in ("host", "schema", "login", "password", "port") if f"conn_{key}" in entry
    }
    return {"conn_type": entry["conn_type"], **plain, "extra": entry.get("conn_extra") or {}}
