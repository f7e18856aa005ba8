"""One call of Exolve's JSON interface, and what its refusals mean.

A refusal is an HTTP status with `{"error": {"message": ...}}` or `{"error": "..."}`; there are no codes, so the words
are looked at. Source: the vendor's pages, clients in the open.
"""

from __future__ import annotations

from typing import Any

from priyom.channels.exolve import Settings
from priyom.contracts import vendor_call
from priyom.contracts.channel import Account
from priyom.contracts.errors import ChannelError, Misconfigured, NotReachable, Rejected
from priyom.contracts.vendor_call import Vendor
from priyom.foundation.http import Http

_ACCOUNT = ("balance", "funds", "signed", "disabled", "unauthorized", "forbidden", "token", "blocked")


async def call(http: Http, account: Account, page: str, body: object, *, harmless: bool = True) -> dict[str, Any]:
    """POST to `page`. `harmless`: asking again loses nothing. Raises the errors of `contracts.errors`."""
    settings: Settings = account.settings
    vendor = Vendor("Exolve", settings.base_url, settings.proxy)
    headers = {"authorization": f"Bearer {settings.api_key}"}
    answer = await vendor_call.ask(http, vendor, page, json=body, headers=headers, harmless=harmless)
    said = vendor_call.told(answer, vendor, harmless=harmless)
    if answer.status >= 300 or said.get("error"):
        raise refusal(answer.status, _words(said))
    return said


def refusal(status: int, words: str) -> ChannelError:
    """The error of a refused request."""
    told, low, code = f"Exolve: {words or 'отказ без объяснения'}", words.lower(), str(status)
    if status in (401, 402, 403, 404) or any(word in low for word in _ACCOUNT):
        return Misconfigured(told, code)
    if "destination" in low and ("incorrect" in low or "invalid" in low):
        return NotReachable(told, code)
    return Rejected(told, code)


def _words(said: dict[str, Any]) -> str:
    error = said.get("error")
    if isinstance(error, dict):
        error = error.get("message", "")
    return error if isinstance(error, str) else ""
