"""The code of the sync, from configuration to quality report; `docs/` and the README say how it fits together."""
