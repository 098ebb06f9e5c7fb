"""Imported by Python at its start where this folder is on PYTHONPATH: sends the vendors' hosts to the sandbox.

Only where a connection leads is changed. The client still asks for the vendor's name and checks the certificate for it.
REDIRECT_HOSTS is JSON: the end of a host name and the port on this machine. Any other host but this machine is refused.
"""

import json
import os
import socket

PORTS = json.loads(os.environ["REDIRECT_HOSTS"])
OWN = {"127.0.0.1", "localhost", "::1", None}
_resolve = socket.getaddrinfo


def _redirected(host, port, *arguments, **named):
    name = host.decode() if isinstance(host, bytes) else host
    for end, own_port in PORTS.items():
        if name == end or (name and name.endswith(f".{end}")):
            return _resolve("127.0.0.1", own_port, *arguments, **named)
    if name not in OWN:
        raise OSError(f"a program under test asked for {name}")
    return _resolve(host, port, *arguments, **named)


socket.getaddrinfo = _redirected
