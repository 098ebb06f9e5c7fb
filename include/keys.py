"""The one place that turns an e-mail address into the key it is matched by."""

from __future__ import annotations

import hashlib


def email_key(email: str) -> str:
    """The MD5 of the trimmed, lower-cased address, in hex: the member hash it has in Mailchimp.

    Always made here, in Python: DuckDB's `lower` differs for some letters. Neither case nor white space
    around it counts. Its Unicode form does, as Mailchimp hashes bytes: validation lets one form in, in `emails.py`. No
    syntax check.
    """
    return hashlib.md5(email.strip().lower().encode(), usedforsecurity=False).hexdigest()
