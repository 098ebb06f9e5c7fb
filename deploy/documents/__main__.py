"""Write the generated documents, or with `--check` say which are out of step."""

from __future__ import annotations

import sys

from deploy.documents import behaviours, dags, data_dictionary, policies, returns, sandbox
from deploy.home import PROJECT
from include.config import json_schema


def documents() -> dict[str, str]:
    """Return the text of every generated document by its path in the project."""
    schemas = {
        str((json_schema.FOLDER / name).relative_to(PROJECT)): text for name, text in json_schema.schemas().items()
    }
    return schemas | {
        "docs/behaviours.md": behaviours.text(PROJECT),
        "docs/dags.md": dags.text(PROJECT),
        "docs/data_dictionary.md": data_dictionary.text(),
        "docs/policies.md": policies.text(),
        "docs/returns.md": returns.text(),
        str(sandbox.DOCUMENT): sandbox.text(PROJECT),
    }


def main() -> int:
    """Return 0, or 1 when a document is out of step."""
    made = documents()
    stale = [path for path, text in made.items() if not _same(path, text)]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path} is out of step: `make docs`", file=sys.stderr)
        return int(bool(stale))
    for path in stale:
        (PROJECT / path).write_text(made[path], "utf-8")
        print(f"wrote {path}")
    return 0


def _same(path: str, text: str) -> bool:
    file = PROJECT / path
    return file.exists() and file.read_text("utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
