"""How the sandbox says no: RFC 9457 problem details in plain words. Emulators refuse as their vendors do."""

from __future__ import annotations

import json
import logging
from base64 import b64decode
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from priyom.contracts.emulator import Impossible, NoSuchPhone
from priyom.contracts.message import File

log = logging.getLogger(__name__)

OURS = ("phones", "gateways", "clock", "page", "")
"""First parts of the sandbox's own paths."""

TITLES = {
    400: "Запрос не понят",
    403: "Нельзя",
    404: "Здесь такого нет",
    405: "Так не спрашивают",
    409: "Сейчас это невозможно",
    422: "Запрос не подходит",
    500: "В песочнице неполадка",
}


class Problem(Exception):
    """An answer that is a refusal; `detail` says what is wrong and what to do."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def answer(self) -> web.Response:
        """The refusal as `application/problem+json`."""
        body = {
            "type": "about:blank",
            "title": TITLES.get(self.status, "Отказ"),
            "status": self.status,
            "detail": self.detail,
        }
        return web.Response(
            status=self.status,
            body=json.dumps(body, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/problem+json"},
        )


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what the sandbox's handlers raise into problem details."""
    if request.path.split("/", 2)[1] not in OURS:
        return await handler(request)
    try:
        _same_origin(request)
        return await handler(request)
    except Problem as problem:
        return problem.answer()
    except NoSuchPhone:
        return Problem(404, "Такого телефона нет: заведите его запросом PUT").answer()
    except Impossible as impossible:
        return Problem(409, str(impossible)).answer()
    except web.HTTPMethodNotAllowed as error:
        return Problem(405, f"Здесь отвечают только на {', '.join(sorted(error.allowed_methods))}").answer()
    except web.HTTPNotFound:
        return Problem(404, f"Адреса {request.path} в песочнице нет").answer()
    except web.HTTPException:
        raise
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return Problem(500, "Песочница не справилась с запросом; подробности в ее журнале").answer()


def _same_origin(request: web.Request) -> None:
    """Pages of other sites must not turn our clock."""
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        raise Problem(403, "Запросы со страниц других сайтов не принимаются")


async def body_of(request: web.Request, *, empty: bool = False) -> dict[str, Any]:
    """The JSON object of the request; with `empty` no body at all is an empty one. Raises Problem."""
    raw = await request.read()
    if not raw and empty:
        return {}
    try:
        value = json.loads(raw)
    except ValueError:
        raise Problem(400, "В теле запроса должен быть JSON") from None
    if not isinstance(value, dict):
        raise Problem(400, "В теле запроса должен быть JSON-объект")
    return value


def text_of(body: dict[str, Any], name: str) -> str:
    """A text that must be there. Raises Problem."""
    value = body.get(name)
    if not isinstance(value, str):
        raise Problem(422, f"В запросе не хватает текста «{name}»")
    return value


def flag_of(body: dict[str, Any], name: str, default: bool) -> bool:
    """true or false, `default` when absent. Raises Problem."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise Problem(422, f"«{name}» бывает true или false")
    return value


def files_of(body: dict[str, Any]) -> list[File]:
    """The files of a request, `[{"name", "mime", "content"}]` with the content in base64; none when absent. Raises
    Problem."""
    value = body.get("files") or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Problem(422, "«files» - это список файлов")
    try:
        return [
            File(text_of(item, "name"), text_of(item, "mime"), b64decode(text_of(item, "content"), validate=True))
            for item in value
        ]
    except ValueError:
        raise Problem(422, "Содержимое файла должно быть в base64") from None
