"""Opens an account's line for the worker that holds it."""

from __future__ import annotations

from priyom.channels.smpp.session import SmppSession
from priyom.contracts.channel import Account, Post
from priyom.foundation.http import Http


def open(http: Http, account: Account, post: Post) -> SmppSession:
    """The account's session, not yet running; patience is that of the HTTP door."""
    return SmppSession(account, post, timeout=http.timeout, connect_timeout=http.connect_timeout)
