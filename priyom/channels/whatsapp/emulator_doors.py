"""The two doors of the fake WhatsApp: Meta's Graph API with its bearer token, and 360dialog with its key; who may
come in, and how the gateway feels today."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import BodyPartReader, web

from priyom.channels.whatsapp.emulator_api import Api
from priyom.channels.whatsapp.emulator_number import health
from priyom.channels.whatsapp.emulator_refusals import Refused, bad, no_such_object
from priyom.channels.whatsapp.emulator_state import Number, State
from priyom.contracts.emulator import Mode

HANG_SECONDS = 120.0
SLOW_SECONDS = 3.0
FILE_LIMIT = 100 * 1024 * 1024


class Doors:
    """Takes HTTP requests and lets `Api` answer them."""

    def __init__(self, state: State, api: Api) -> None:
        self.mode = Mode.OK
        self.stopping = asyncio.Event()
        self._state = state
        self._api = api

    def routes(self) -> list[web.AbstractRouteDef]:
        """All paths, under `/whatsapp/`."""
        return [
            web.get("/whatsapp/whatsapp_business/attachments/", self._give_file),
            web.get("/whatsapp/d360/whatsapp_business/attachments/", self._give_file),
            web.route("*", r"/whatsapp/v{version:\d+\.\d+}/{path:.+}", self._meta),
            web.route("*", "/whatsapp/d360/{path:.+}", self._reseller),
        ]

    async def _meta(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        try:
            number = self._api.number_of(request.headers.get("authorization", ""), path.partition("/")[0])
            if refusal := await self._mood(request, path):
                return refusal
            if path == f"{number.id}/media" and request.method == "POST":
                return web.json_response(await self._upload(request))
            given = {**await _given(request), "root": f"{request.scheme}://{request.host}/whatsapp"}
            said = await self._api.graph(number, request.method, path, given)
        except Refused as refused:
            return refused.answer()
        return await self._answered(request, path, said)

    async def _reseller(self, request: web.Request) -> web.StreamResponse:
        path, key = request.match_info["path"], request.headers.get("d360-api-key", "")
        number = next((n for n in self._state.numbers.values() if n.key and n.key == key), None)
        if number is None:
            return web.json_response({"error": "Invalid or missing D360-API-KEY"}, status=401)
        try:
            if refusal := await self._mood(request, path):
                return refusal
            if path == "media" and request.method == "POST":
                return web.json_response(await self._upload(request))
            said = self._passed_on(number, request.method, path, await _given(request))
        except Refused as refused:
            return refused.answer()
        return await self._answered(request, path, said)

    def _passed_on(self, number: Number, verb: str, path: str, given: Mapping[str, Any]) -> dict[str, Any]:
        match verb, path:
            case "POST", "messages":
                return self._api.messages(number, given)
            case "GET", "health_status":
                return {"health_status": health(number), "id": number.id}
            case "GET", "v1/configs/webhook":
                return {"url": number.hook_url, "headers": number.hook_headers}
            case "POST", "v1/configs/webhook":
                number.hook_url, number.signs = str(given.get("url") or ""), False
                number.hook_headers = {str(k): str(v) for k, v in (given.get("headers") or {}).items()}
                return {"url": number.hook_url, "headers": number.hook_headers}
            case "POST", "v1/configs/templates":
                return self._api.desk.create(number, given)
            case "GET", "v1/configs/templates":
                items, _ = self._api.template_page(number, given)
                return {"waba_templates": items, "count": len(items)}
            case "GET", _ if "/" not in path:
                return self._api.media(path, "https://lookaside.fbsbx.com")
        raise no_such_object(path)

    async def _mood(self, request: web.Request, path: str) -> web.Response | None:
        if self.mode is Mode.DOWN:
            return Refused(2, "Service temporarily unavailable").answer()
        if self.mode is Mode.THROTTLE and request.method == "POST" and path.endswith("messages"):
            return Refused(130429, "Cloud API message throughput has been reached.").answer()
        if self.mode is Mode.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        return None

    async def _answered(self, request: web.Request, path: str, said: dict[str, Any]) -> web.Response:
        if self.mode is Mode.HANG and request.method == "POST" and path.endswith("messages"):
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), HANG_SECONDS)
        return web.json_response(said)

    async def _upload(self, request: web.Request) -> dict[str, Any]:
        fields: dict[str, str] = {}
        file: tuple[str, str, bytes] | None = None
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise bad("nested multipart is not supported")
            content = bytes(await part.read(decode=True))
            if part.name == "file":
                file = (part.headers.get("Content-Type", ""), (part.filename or "file").rpartition("/")[2], content)
            elif part.name:
                fields[part.name] = content.decode()
        if fields.get("messaging_product") != "whatsapp" or file is None:
            raise bad("The parameters messaging_product and file are required.")
        if len(file[2]) > FILE_LIMIT:
            raise bad("Param file is larger than 100 MB")
        mime = (file[0] or fields.get("type", "")).partition(";")[0]
        return {"id": self._api.keep(mime, file[1], file[2])}

    async def _give_file(self, request: web.Request) -> web.Response:
        tokens = {f"Bearer {n.token}" for n in self._state.numbers.values() if n.token}
        keys = {n.key for n in self._state.numbers.values() if n.key}
        if request.headers.get("authorization") not in tokens and request.headers.get("d360-api-key") not in keys:
            return web.Response(status=401)
        stored = self._state.media.get(request.query.get("mid", ""))
        if stored is None:
            return web.Response(status=404)
        return web.Response(body=stored.bytes(), content_type=stored.mime)


async def _given(request: web.Request) -> dict[str, Any]:
    """The query with the body over it: JSON, or a form."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            raise bad("(#100) The body is not valid JSON") from None
        return given | body if isinstance(body, dict) else given
    if request.content_type == "application/x-www-form-urlencoded":
        return given | dict(await request.post())
    return given
