"""The user's YAML and what it means."""
