"""The key to the secrets is lost: the page says so in one sentence and takes the secrets anew."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from pytest_django import Settings

from priyom.clinic.models import Role
from priyom.delivery import accounts
from priyom.delivery.models import Account
from priyom.web.tests.conftest import Clinic

SENTENCE = "зашифрованы другим ключом"


class Vendor(ThreadingHTTPServer):
    """Knows our webhook's address already; remembers what it is asked."""

    def __init__(self, webhook: str) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.webhook = webhook
        self.asked: dict[str, Any] = {}


class _Answer(BaseHTTPRequestHandler):
    server: Vendor

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked[self.path.rpartition("/")[2]] = json.loads(body)
        result = {"username": "clinic_bot", "first_name": "Клиника", "url": self.server.webhook}
        answer = json.dumps({"ok": True, "result": result}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def vendor(clinic: Clinic) -> Iterator[Vendor]:
    made = Vendor(accounts.hook_url(clinic.account))
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join(5)


@pytest.fixture
def browser(clinic: Clinic, settings: Settings) -> Client:
    """The owner's, after the key was lost."""
    settings.ENCRYPTION_KEY = Fernet.generate_key()
    return clinic.browser(Role.OWNER)


def test_the_page_says_what_happened_and_asks_for_the_secret(clinic: Clinic, browser: Client) -> None:
    url = f"/accounts/{clinic.account.pk}"
    for _ in range(2):
        page = browser.get(url)
        assert (page.status_code, page.content.decode().count(SENTENCE)) == (200, 1)
        assert "сохранено; оставьте пустым" not in page.content.decode()
        Account.objects.filter(pk=clinic.account.pk).update(health="broken", health_why=accounts.LOCKED)
    assert browser.get(f"/accounts?account={clinic.account.pk}").status_code == 200
    assert SENTENCE in browser.post(f"{url}/check").content.decode()
    empty = browser.post(f"{url}/change", {"set-token": "", "set-base_url": "http://127.0.0.1:1"})
    assert empty.status_code == 200
    assert SENTENCE in empty.content.decode()


def test_the_secret_entered_anew_is_stored_and_the_vendor_told(clinic: Clinic, browser: Client, vendor: Vendor) -> None:
    url, base = f"/accounts/{clinic.account.pk}", f"http://127.0.0.1:{vendor.server_address[1]}"
    page = browser.post(f"{url}/change", {"set-token": "7000000001:new-token", "set-base_url": base}).content.decode()
    assert SENTENCE not in page
    row = Account.objects.get(pk=clinic.account.pk)
    wire = accounts.wire(row)
    assert (row.health, wire.settings.token) == ("ok", "7000000001:new-token")
    assert vendor.asked["setWebhook"]["secret_token"] == wire.hook_secret
    vendor.asked.clear()
    browser.post(f"{url}/change", {"set-token": "", "set-base_url": base})
    assert "setWebhook" not in vendor.asked, "nothing new to tell"
