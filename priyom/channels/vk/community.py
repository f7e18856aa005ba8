"""The community itself: who it is and what its key may do, and how our address gets onto VK's list of servers
(https://dev.vk.com/ru/api/callback/getting-started).

VK tries a new address at once and wants a code for an answer. The code is asked for beforehand and rides along in the
address as `confirm`, so that whoever answers there needs to remember nothing.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from priyom.channels.vk.api import call
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import ChannelError, Misconfigured
from priyom.foundation.http import Http

TITLE = "Priyom"
LONG_POLL = "long_poll"
CONFIRM = "confirm"
EVENTS = (
    "message_new", "message_edit", "message_allow", "message_deny", "message_event", "message_read",
    "message_typing_state",
)  # fmt: skip

# Bits of a community key: https://dev.vk.com/ru/reference/access-rights.
RIGHTS = {4096: "сообщения", 4: "фотографии", 131072: "документы", 262144: "управление"}
NEEDED = 4096


async def check(http: Http, account: Account) -> Identity:
    """groups.getById, groups.getTokenPermissions and, where the key may see them, groups.getCallbackServers. `name` is
    the community's short name. Raises Misconfigured when the key may not write messages."""
    group = await _group(http, account)
    rights = await call(http, account, "groups.getTokenPermissions", {})
    mask = rights.get("mask", 0) if isinstance(rights, dict) else 0
    if not mask & NEEDED:
        raise Misconfigured("У ключа нет права на сообщения сообщества: создайте ключ с этим правом")
    missing = [name for bit, name in RIGHTS.items() if not mask & bit]
    webhook, trouble = await _registered(http, account, group["id"])
    notes = [f"У ключа нет прав: {', '.join(missing)}"] if missing else []
    name = str(group.get("screen_name") or f"club{group['id']}")
    return Identity(name, str(group.get("name", name)), "; ".join([*notes, trouble] if trouble else notes), webhook)


async def connect(http: Http, account: Account, url: str) -> None:
    """Put our address on the list of callback servers with our secret, or, where the account listens by Bots Long Poll,
    switch that on and take our address off, so that nothing comes twice. Raises Misconfigured when VK found another
    answer there."""
    group = str((await _group(http, account))["id"])
    standing = await _ours(http, account, group, url)
    if account.settings.receive == LONG_POLL:
        await subscribe(http, account, group)
        if standing:
            await call(http, account, "groups.deleteCallbackServer", {"group_id": group, "server_id": standing})
        return
    code = _part(await call(http, account, "groups.getCallbackConfirmationCode", {"group_id": group}), "code")
    given = {
        "group_id": group,
        "url": _with_code(url, code),
        "title": TITLE,
        "secret_key": account.hook_secret,
    }
    if standing:
        await call(http, account, "groups.editCallbackServer", {**given, "server_id": standing})
    else:
        standing = _part(await call(http, account, "groups.addCallbackServer", given), "server_id")
    wanted = {"group_id": group, "server_id": standing, "api_version": account.settings.api_version}
    await call(http, account, "groups.setCallbackSettings", {**wanted, **dict.fromkeys(EVENTS, "1")})
    _, trouble = await _registered(http, account, int(group))
    if trouble:
        raise Misconfigured(trouble)


async def subscribe(http: Http, account: Account, group: str) -> None:
    """Switch Bots Long Poll on, with the events we read."""
    given = {"group_id": group, "enabled": "1", "api_version": account.settings.api_version}
    await call(http, account, "groups.setLongPollSettings", {**given, **dict.fromkeys(EVENTS, "1")})


async def group_id(http: Http, account: Account) -> str:
    """The number of the community whose key this is."""
    return str((await _group(http, account))["id"])


async def _group(http: Http, account: Account) -> dict[str, Any]:
    said = await call(http, account, "groups.getById", {})
    groups = said.get("groups") if isinstance(said, dict) else said  # before 5.139 the answer was the bare list
    if isinstance(groups, list) and groups and isinstance(groups[0], dict) and isinstance(groups[0].get("id"), int):
        return groups[0]
    raise Misconfigured("Это не ключ сообщества VK: создайте ключ в управлении сообществом")


def _part(said: Any, name: str) -> str:
    if isinstance(said, dict) and said.get(name):
        return str(said[name])
    raise Misconfigured("По этому адресу отвечает не VK")


async def _servers(http: Http, account: Account, group: str) -> list[dict[str, Any]]:
    said = await call(http, account, "groups.getCallbackServers", {"group_id": group})
    items = said.get("items") if isinstance(said, dict) else None
    return [item for item in items or () if isinstance(item, dict)]


async def _ours(http: Http, account: Account, group: str, url: str) -> str:
    """The number under which our address stands on the list, '' when it does not."""
    found = [server for server in await _servers(http, account, group) if _bare(str(server.get("url"))) == _bare(url)]
    return str(found[0]["id"]) if found else ""


async def _registered(http: Http, account: Account, group: int) -> tuple[str, str]:
    """(our address as VK has it, what is wrong with it); both '' when it is not there or the key may not look."""
    try:
        servers = await _servers(http, account, str(group))
    except ChannelError:
        return "", ""
    for server in servers:
        if server.get("secret_key") == account.hook_secret:
            failed = server.get("status") in ("failed", "unconfigured")
            return _bare(str(server.get("url"))), "VK не получил от нашего адреса верного ответа" if failed else ""
    return "", ""


def _with_code(url: str, code: str) -> str:
    parts = urlsplit(_bare(url))
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), (CONFIRM, code)])))


def _bare(url: str) -> str:
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name != CONFIRM]
    return urlunsplit(parts._replace(query=urlencode(kept)))
