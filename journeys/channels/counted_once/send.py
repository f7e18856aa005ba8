"""Sends to the counting gateway under a key by which it drops doubles."""

from __future__ import annotations

from journeys.counting import check
from journeys.counting import send as send_to
from priyom.contracts.channel import Account
from priyom.contracts.message import Outgoing, Receipt
from priyom.foundation.http import Http

__all__ = ["check", "send"]


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Send once; the gateway knows the key."""
    return await send_to(http, account, outgoing, "/send_once")
