"""How the fake Graph API says no: its envelope, its codes, its words, its HTTP statuses."""

from __future__ import annotations

from typing import Any

from aiohttp import web

STATUSES = {190: 401, 0: 401, 10: 403, 2: 503, 132001: 404, 130429: 429, 131000: 500}
TITLES = {
    130429: "Rate limit hit",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131048: "Spam rate limit hit",
    131050: "User's marketing messages preference is stopped",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132012: "Parameter format does not match format in the created template",
    132015: "Template is paused",
    132016: "Template is disabled",
}


class Refused(Exception):
    """An answer with `error`. `details` say what exactly; `user` is what the cabinet would show a person."""

    def __init__(self, code: int, details: str = "", *, subcode: int = 0, user: str = "") -> None:
        super().__init__(details or TITLES.get(code, ""))
        self.code, self.details, self.subcode, self.user = code, details, subcode, user

    def answer(self) -> web.Response:
        """The HTTP answer."""
        title = TITLES.get(self.code, self.details)
        error: dict[str, Any] = {
            "message": f"(#{self.code}) {title}",
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": "Apriyom0demo",
        }
        if self.details and self.code >= 130000:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.user:
            error |= {"error_user_title": title, "error_user_msg": self.user, "is_transient": False}
        return web.json_response({"error": error}, status=STATUSES.get(self.code, 400))


def bad(text: str) -> Refused:
    """Code 100: a parameter is wrong or missing."""
    return Refused(100, text)


def no_such_object(node: str) -> Refused:
    """Code 100, subcode 33: a wrong id, or one the token may not see."""
    text = (
        f"Unsupported request. Object with ID '{node}' does not exist, cannot be loaded due to missing permissions, "
        "or does not support this operation"
    )
    return Refused(100, text, subcode=33)


def status_error(code: int, details: str = "") -> dict[str, Any]:
    """The same code as a `failed` status tells it."""
    title = TITLES.get(code, "Error")
    return {"code": code, "title": title, "message": title, "error_data": {"details": details or title}}
