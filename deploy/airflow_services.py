"""Airflow's four services as one program: migrate the database, start them, and end all when one of them ends.

`airflow standalone` does the same, but goes on when a service has died, and its log servers listen on all interfaces.
On one machine the logs are files, so nobody needs those servers.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time

SERVICES = (
    ("api-server",),
    ("scheduler", "--skip-serve-logs"),
    ("dag-processor",),
    ("triggerer", "--skip-serve-logs"),
)


def _airflow(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "airflow", *arguments]


def main() -> int:
    """Run until a service ends, or a signal ends this program; return the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    subprocess.run(_airflow("db", "migrate"), check=True)
    services = {service[0]: subprocess.Popen(_airflow(*service)) for service in SERVICES}
    try:
        while all(process.poll() is None for process in services.values()):
            time.sleep(0.5)
        ended = [name for name, process in services.items() if process.poll() is not None]
        print(f"ended by itself: {', '.join(ended)}", file=sys.stderr, flush=True)
        return 1
    finally:
        for process in services.values():
            process.terminate()
        for process in services.values():
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
