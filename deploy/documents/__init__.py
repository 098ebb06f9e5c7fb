"""Documents that are made from the code, so that they cannot lie: `make docs` writes them, `make check` compares."""
