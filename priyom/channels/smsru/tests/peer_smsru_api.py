"""Drives an SMS.ru emulator with the client `smsru-api`: `peer_smsru_api.py BASE_URL API_ID HOOK_URL`."""

from __future__ import annotations

import asyncio
import json
import sys

from smsru_api import AsyncClient, Client


def walk(base_url: str, api_id: str, hook_url: str) -> dict[str, object]:
    """Everything the client can ask of the gateway; its answers by what was asked."""
    with Client(api_id) as client:
        client._base_url = base_url
        said: dict[str, object] = {"before": client.balance(), "limit": client.limit(), "senders": client.senders()}
        said["cost"] = client.cost("+7 903 123-45-67", message="Ждём вас завтра в 10:30, " * 3)
        said["add"] = client.add_callback(hook_url)
        said["bad_add"] = client.add_callback("clinic.example")
        said["sent"] = sent = client.send("8 (903) 123-45-67", message="Ждём вас", from_name="CLINIC", ttl=60)
        [number] = [each["sms_id"] for each in sent["sms"].values()]
        said["number"], said["status"] = number, client.status(number)
        said["multi"] = client.send(multi={"79031234567": "Раз", "79221234567": "Два"})
        said["stop"] = client.add_stop_list("79221234567", "просил")
        said["stopped"] = client.send("79221234567", message="Три")
        said["list"] = client.stop_list()
        said["unstop"] = client.del_stop_list("79221234567")
        said["callbacks"], said["drop"] = client.callbacks(), client.del_callback(hook_url)
    with Client("wrong") as stranger:
        stranger._base_url = base_url
        said["stranger"] = stranger.balance()
    return said


async def later(base_url: str, api_id: str) -> dict[str, object]:
    """The same client, asynchronous."""
    async with AsyncClient(api_id) as client:
        client._base_url = base_url
        return {"after": await client.balance()}


BASE, KEY, HOOK = sys.argv[1:4]
sys.stdout.write(json.dumps({**walk(BASE, KEY, HOOK), **asyncio.run(later(BASE, KEY))}) + "\n")
