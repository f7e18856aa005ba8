"""The groups.* methods of the fake VK: the community, its servers of Callback API, and its Bots Long Poll."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha1
from typing import Any

from priyom.channels.vk.emulator_files import Files
from priyom.channels.vk.emulator_news import News
from priyom.channels.vk.emulator_state import GROUP, SCREEN_NAME, TITLE, Refused, Server, State, missing

MOST_SERVERS = 10
MANAGE = 262144
KINDS = (
    "message_new", "message_reply", "message_edit", "message_allow", "message_deny", "message_event", "message_read",
    "message_typing_state", "message_reaction_event", "user_block", "user_unblock",
)  # fmt: skip
RIGHTS = {1: "stories", 4: "photos", 64: "app_widget", 4096: "messages", 131072: "docs", MANAGE: "manage"}

Given = Mapping[str, str]


class Groups:
    """The methods over one state."""

    def __init__(self, state: Callable[[], State], news: News, files: Files) -> None:
        self._get, self._news, self._files = state, news, files
        self.methods: dict[str, Callable[[Given], Any]] = {
            "groups.getById": self._by_id,
            "groups.getTokenPermissions": self._permissions,
            "groups.getCallbackConfirmationCode": self._managed(lambda given: {"code": self.code()}),
            "groups.getCallbackServers": self._managed(self._servers),
            "groups.addCallbackServer": self._managed(self._add),
            "groups.editCallbackServer": self._managed(self._change),
            "groups.deleteCallbackServer": self._managed(self._remove),
            "groups.setCallbackSettings": self._managed(self._set),
            "groups.setLongPollSettings": self._managed(self._set_polling),
            "groups.getLongPollServer": self._with_group(self._poll_server),
        }

    @property
    def _state(self) -> State:
        return self._get()

    def code(self) -> str:
        """The confirmation code in force; it changes whenever the list of servers does."""
        stamp = "|".join(f"{server.id} {server.url}" for server in self._state.servers.values())
        return sha1(f"code {stamp}".encode(), usedforsecurity=False).hexdigest()[:8]

    def _with_group(self, method: Callable[[Given], Any]) -> Callable[[Given], Any]:
        def checked(given: Given) -> Any:
            if not given.get("group_id"):
                raise missing("group_id is a required parameter")
            if given["group_id"] != str(GROUP):
                raise Refused(203, "Access to group denied: this group token belongs to another group")
            return method(given)

        return checked

    def _managed(self, method: Callable[[Given], Any]) -> Callable[[Given], Any]:
        def checked(given: Given) -> Any:
            if not self._state.rights & MANAGE:
                raise Refused(15, "Access denied: no access to call this method")
            return method(given)

        return self._with_group(checked)

    def _by_id(self, given: Given) -> Any:
        group = {"id": GROUP, "name": TITLE, "screen_name": SCREEN_NAME, "is_closed": 0, "type": "group"}
        return {"groups": [group], "profiles": []}

    def _permissions(self, given: Given) -> Any:
        mask = self._state.rights
        return {
            "mask": mask,
            "permissions": [{"name": name, "setting": bit} for bit, name in RIGHTS.items() if mask & bit],
        }

    def _servers(self, given: Given) -> Any:
        items = [
            {
                "id": one.id,
                "title": one.title,
                "creator_id": 1,
                "url": one.url,
                "secret_key": one.secret,
                "status": one.status,
            }
            for one in self._state.servers.values()
        ]
        return {"count": len(items), "items": items}

    def _add(self, given: Given) -> Any:
        if len(self._state.servers) >= MOST_SERVERS:
            raise Refused(2000, "Servers number limit is reached")
        server = Server(self._state.next(), *_described(given))
        self._state.servers[str(server.id)] = server
        self._news.try_address(server)
        return {"server_id": server.id}

    def _change(self, given: Given) -> Any:
        server = self._server(given)
        server.title, server.url, server.secret = _described(given)
        self._news.try_address(server)
        return 1

    def _remove(self, given: Given) -> Any:
        del self._state.servers[str(self._server(given).id)]
        return 1

    def _set(self, given: Given) -> Any:
        server = self._server(given)
        server.events = _wanted(server.events, given)
        server.version = given.get("api_version", server.version)
        return 1

    def _server(self, given: Given) -> Server:
        server = self._state.servers.get(given.get("server_id", ""))
        if server is None:
            raise Refused(104, "Not found")
        return server

    def _set_polling(self, given: Given) -> Any:
        state = self._state
        state.polled = _wanted(state.polled, given)
        state.polling = given.get("enabled", str(int(state.polling))) == "1"
        state.polling_version = given.get("api_version", state.polling_version)
        return 1

    def _poll_server(self, given: Given) -> Any:
        state = self._state
        if not state.polling:
            raise missing("longpoll for this group is not enabled")
        state.poll_key = sha1(f"key {state.next()}".encode(), usedforsecurity=False).hexdigest()
        return {"key": state.poll_key, "server": f"{self._files.base}/vk/longpoll", "ts": str(state.place)}


def _described(given: Given) -> tuple[str, str, str]:
    """(title, url, secret). Raises Refused."""
    title, url, secret = given.get("title", ""), given.get("url", ""), given.get("secret_key", "")
    if not 0 < len(title) <= 14:
        raise missing("title should be 1 to 14 characters")
    if not url.startswith(("http://", "https://")):
        raise missing("url is invalid")
    if len(secret) > 50:
        raise missing("secret_key should be 50 characters at most")
    return title, url, secret


def _wanted(before: list[str], given: Given) -> list[str]:
    """The kinds of events after these switches; what is not named stays."""
    return [kind for kind in KINDS if given.get(kind, str(int(kind in before))) == "1"]
