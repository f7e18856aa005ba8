"""Files people sent: VK names each by an address that opens without a key for a while."""

from __future__ import annotations

import ipaddress
from urllib.parse import urljoin, urlsplit

from priyom.contracts.channel import Account
from priyom.contracts.errors import Rejected, Unavailable
from priyom.foundation.http import Http, HttpError

HOPS = 5
SECONDS = 120.0


async def fetch(http: Http, account: Account, ref: str) -> bytes:
    """The content behind the address of an attachment. Raises Rejected when it is gone or leads nowhere good."""
    url = ref
    for _ in range(HOPS):  # a document's address leads on to the store it lies in
        if not _is_outside(url, account.settings.base_url):
            raise Rejected("VK дал адрес файла, по которому ходить нельзя")
        try:
            answer = await http.request("GET", url, timeout=SECONDS)
        except (HttpError, ValueError):
            raise Unavailable("VK не отдал файл: сервер молчит") from None
        if answer.status == 200:
            return answer.body
        if answer.status not in (301, 302, 303, 307, 308):
            break
        url = urljoin(url, answer.headers.get("location", ""))
    raise Rejected("VK не отдал файл: ссылка устарела", str(answer.status))


def _is_outside(url: str, base_url: str) -> bool:
    """Whether the address is a name in the open, over TLS, or lies where the API itself is. An address comes from
    outside: it must not lead our machine into its own network."""
    try:
        parts, base = urlsplit(url), urlsplit(base_url)
    except ValueError:
        return False
    if (parts.scheme, parts.netloc) == (base.scheme, base.netloc):
        return True
    host = parts.hostname or ""
    return (
        parts.scheme == "https" and "." in host and not _is_number(host) and not host.endswith((".local", ".internal"))
    )


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
