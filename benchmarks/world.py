"""How long the made-up world takes to generate, and in how much memory.

python benchmarks/world.py --people 1000000
"""

import argparse
import resource
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from include.sandbox.world import build

NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)


def measure(name: str, records: Iterable[object]) -> float:
    """Read all records and print their number and the CPU seconds they took; return those."""
    start = time.process_time()
    count = sum(1 for _ in records)
    seconds = time.process_time() - start
    print(f"{name:<32} {count:>10,} {seconds:>8.1f} s")
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    people = parser.parse_args().people
    start = time.process_time()
    world = build(1, NOW, people)
    print(f"{'build':<32} {people:>10,} {time.process_time() - start:>8.1f} s")
    salesforce = sum(measure(name, records) for name, records in world.salesforce)
    mailchimp = sum(measure(f"members of {each['name']}", each["members"]) for each in world.mailchimp["lists"])
    mailchimp += sum(measure(name, world.mailchimp[name]) for name in ("campaigns", "events"))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"Salesforce {salesforce:.0f} s, Mailchimp {mailchimp:.0f} s of CPU, at most {memory:.0f} MB of memory")


if __name__ == "__main__":
    main()
