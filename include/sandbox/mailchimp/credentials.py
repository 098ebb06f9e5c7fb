"""The one key the sandbox account accepts. It opens nothing else."""

API_KEY = "5a17db0c0de5a17db0c0de5a17db0c0d-us1"
"""As Basic password with any user name, or as Bearer token; its suffix names the data centre."""
