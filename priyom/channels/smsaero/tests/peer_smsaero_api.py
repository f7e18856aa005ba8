"""Drives an SMS Aero emulator with the vendor's SDK: `peer_smsaero_api.py BASE_URL EMAIL API_KEY HOOK_URL`.

The SDK speaks HTTPS first and plain HTTP after a failed handshake, on its next host; here it begins plainly.
"""

from __future__ import annotations

import json
import sys
from functools import partialmethod

import email_validator
from smsaero import SmsAero, SmsAeroException

email_validator.CHECK_DELIVERABILITY = False
email_validator.TEST_ENVIRONMENT = True


class Plain(SmsAero):
    """The client without encryption, for loopback."""

    request = partialmethod(SmsAero.request, proto="http")


def refused(work: object, *arguments: object, **named: object) -> str:
    """The words of a refusal."""
    try:
        work(*arguments, **named)
    except SmsAeroException as error:
        return str(error)
    return ""


def walk(base_url: str, email: str, key: str, hook_url: str) -> dict[str, object]:
    """Everything the client can ask of SMS; its answers by what was asked."""
    gate = "@" + base_url.partition("://")[2]
    client = Plain(email, key, "PRIYOM", url_gate=gate)
    said: dict[str, object] = {"auth": client.is_authorized(), "before": client.balance(), "tariffs": client.tariffs()}
    said["sent"] = sent = client.send_sms(79031234567, "Ждём вас завтра в 10:30", callback_url=hook_url)
    said["status"] = client.sms_status(sent["id"])
    said["many"] = client.send_sms([79031234567, 79221234567], "Всем")
    said["list"] = client.sms_list(number=79031234567)
    said["signs"] = client.sign_list()
    said["banned"] = banned = client.blacklist_add(79221234567)
    said["refused"] = refused(client.send_sms, 79221234567, "Три")
    said["unbanned"] = client.blacklist_delete(banned["id"])
    said["no_sign"] = refused(client.send_sms, 79031234567, "Три", sign="STRANGER")
    said["stranger"] = refused(Plain(email, key[::-1], url_gate=gate).balance)
    client.enable_test_mode()
    said["test"] = client.send_sms(79031234567, "Проверка")
    client.disable_test_mode()
    return {**said, "after": client.balance()}


sys.stdout.write(json.dumps(walk(*sys.argv[1:5])) + "\n")
