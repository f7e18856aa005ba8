"""One call of Mobizon's interface: `/service/{Module}/{Method}` with the key in the query, a form in the body, and an
answer `{code, data, message}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from priyom.channels.mobizon import Settings, codes
from priyom.contracts import vendor_call
from priyom.contracts.channel import Account
from priyom.contracts.errors import Unavailable, Uncertain
from priyom.contracts.vendor_call import Vendor
from priyom.foundation.http import Http


async def call(http: Http, account: Account, page: str, form: Mapping[str, str], *, harmless: bool = True) -> Any:
    """The `data` of an answer with code 0. `harmless`: asking again loses nothing. Raises the errors of
    `contracts.errors`; no text of theirs has the address, where the key stands."""
    settings: Settings = account.settings
    vendor = Vendor("Mobizon", settings.base_url, settings.proxy, codes.TOO_FAST_PAUSE)
    query = urlencode({"output": "json", "api": "v1", "apiKey": settings.api_key})
    answer = await vendor_call.ask(http, vendor, f"service/{page}?{query}", form=form, harmless=harmless)
    said = vendor_call.told(answer, vendor, harmless=harmless)
    code = said.get("code")
    if not isinstance(code, int) or isinstance(code, bool):
        raise (Unavailable if harmless else Uncertain)("Mobizon: ответ без кода")
    if code != codes.DONE:
        raise codes.refusal(code, str(said.get("message") or ""), said.get("data"), harmless=harmless)
    return said.get("data")
