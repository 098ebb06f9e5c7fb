"""The HTTP routes of the org."""
