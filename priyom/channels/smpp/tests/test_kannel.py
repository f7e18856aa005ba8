"""Kannel, the old and much used SMS gateway, as a client of our fake SMS centre: it binds, sends Cyrillic in parts,
asks for a receipt, and takes an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from priyom.channels.smpp.tests.stage import SmppStage, free_port, until
from priyom.contracts.peer import program

PHONE = "+77011234567"
LONG = "Сәлеметсіз бе, Әсел! Ждём вас завтра в 10:30 по адресу ул. Ленина, 5. Ответьте 1, если придёте, и 2, если нет."

CONFIG = """
group = core
admin-port = {admin}
admin-password = made-up
admin-interface = 127.0.0.1
smsbox-port = {box}
smsbox-interface = 127.0.0.1
log-level = 1

group = smsc
smsc = smpp
smsc-id = priyom
host = 127.0.0.1
port = {smsc}
transceiver-mode = true
smsc-username = {system_id}
smsc-password = {password}
system-type = ""
source-addr-ton = 1
source-addr-npi = 1
dest-addr-ton = 1
dest-addr-npi = 1
enquire-link-interval = 1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {http}
sendsms-interface = 127.0.0.1
log-level = 1

group = sendsms-user
username = made
password = up
max-messages = 5
concatenation = true

group = sms-service
keyword = default
catch-all = true
accepted-smsc = priyom
get-url = "{heard}/said?from=%p&text=%b&coding=%c"
max-messages = 0
"""


@asynccontextmanager
async def clinic() -> AsyncIterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """Where Kannel tells what it heard: (address, what came)."""
    heard: list[tuple[str, dict[str, str]]] = []

    async def take(request: web.Request) -> web.Response:
        heard.append((request.path, dict(request.query)))
        return web.Response(text="")

    app = web.Application()
    app.router.add_route("*", "/{what}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", heard
    finally:
        await runner.cleanup()


@asynccontextmanager
async def running(*command: str, folder: Path) -> AsyncIterator[None]:
    """A program for as long as the block lasts; its words go into a file."""
    with (folder / f"{Path(command[0]).name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            process.kill()
            await process.wait()


async def sendsms(port: int, dlr_url: str) -> None:
    """Ask Kannel to send, as soon as it listens."""
    query = {
        "username": "made", "password": "up", "from": "79000000001", "to": PHONE, "text": LONG, "coding": "2",
        "charset": "UTF-8", "dlr-mask": "3", "dlr-url": dlr_url,
    }  # fmt: skip
    async with asyncio.timeout(60), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"http://127.0.0.1:{port}/cgi-bin/sendsms?{urlencode(query)}") as answer:
                    assert answer.status == 202, await answer.text()
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)


async def test_kannel_against_our_gateway(stage: SmppStage, tmp_path: Path) -> None:
    bearerbox, smsbox = program("bearerbox"), program("smsbox")
    admin, box, http = free_port(), free_port(), free_port()
    async with clinic() as (address, heard):
        config = tmp_path / "kannel.conf"
        plain = stage.settings
        config.write_text(
            CONFIG.format(
                admin=admin, box=box, http=http, smsc=plain["port"], system_id=plain["system_id"],
                password=plain["password"], heard=address,
            )
        )  # fmt: skip
        async with running(bearerbox, str(config), folder=tmp_path):
            await until(lambda: stage.smsc.binds, 60)
            async with running(smsbox, str(config), folder=tmp_path):
                await sendsms(http, f"{address}/dlr?state=%d")
                await until(lambda: ("/dlr", {"state": "1"}) in heard, 60)
                assert [message.text for message in stage.emulator.messages(PHONE)] == [LONG]
                await stage.emulator.say(PHONE, "Yes 1")
                await until(lambda: any(path == "/said" for path, _ in heard), 60)
    [said] = [query for path, query in heard if path == "/said"]
    assert (said["from"], said["text"]) == (PHONE, "Yes 1")
