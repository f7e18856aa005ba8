"""A whole house for a journey: the program as `priyom run` starts it, driven over its public contract alone."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from journeys import ready

T = TypeVar("T")
ROOT = Path(__file__).parent.parent


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@dataclass(slots=True)
class Answer:
    """What a server said; `body` is parsed JSON, or None."""

    status: int
    body: Any
    headers: dict[str, str]


def call(method: str, url: str, body: object = None, headers: dict[str, str] | None = None) -> Answer:
    """One HTTP exchange; any status is an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=330) as response:
            raw, status, got = response.read(), response.status, dict(response.headers)
    except urllib.error.HTTPError as error:
        with error:
            raw, status, got = error.read(), error.code, dict(error.headers)
    try:
        return Answer(status, json.loads(raw) if raw else None, got)
    except ValueError:
        return Answer(status, None, got)


BUSY = 4
"""So many times as long it may take on a machine with much to do: nothing is proven by giving up early."""


def until(look: Callable[[], T | None], *, within: float = 15.0, what: str = "it") -> T:
    """What `look` gives as soon as it is true; fails after `within` seconds of a quiet machine."""
    end = time.monotonic() + within * BUSY
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {within} s for {what}")


@dataclass(slots=True)
class House:
    """One running installation. Addresses are loopback; everything ends with `stop`."""

    data: Path
    env: dict[str, str]
    web: str
    sandbox: str
    key: str = ""
    process: subprocess.Popen[bytes] | None = None
    _events: int = field(default=0)

    @classmethod
    def make(cls, data: Path, **env: str) -> House:
        """An installation with its data in `data`; `env` overrides."""
        port, sandbox_port = free_ports(2)
        inherited = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
        settings = {
            "PRIYOM_PORT": str(port), "PRIYOM_SANDBOX_PORT": str(sandbox_port), "PRIYOM_DATA": str(data),
            "PRIYOM_SANDBOX": "1", "PRIYOM_DEMO": "0", **env,
        }  # fmt: skip
        return cls(data, inherited | settings, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}")

    def begin_like(self, other: House) -> None:
        """Before the first start: take over what that house, which does not run now, has made ready. What its gateways
        know belongs to it: the database has it too."""
        if ready.copy(other.data, self.data, "pg", "keys", "sandbox"):
            self.key = other.key

    def start(self) -> None:
        """Start everything and wait until it answers."""
        with (self.data / "run.out").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.cli", "run"], cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        until(self._ready, within=120, what=f"the house to start; see {self.data / 'run.out'}")
        if not self.key:
            self.key = self.command("api-key", "create", "journey").strip()

    def _ready(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError((self.data / "run.out").read_text())
        for url in (f"{self.web}/readyz", f"{self.sandbox}/clock"):
            try:
                if call("GET", url).status != 200:
                    return False
            except OSError:
                return False
        return True

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)

    def command(self, *words: str) -> str:
        """What `priyom <words>` prints."""
        done = subprocess.run(
            [sys.executable, "-m", "config.cli", *words], cwd=ROOT, env=self.env, check=True, capture_output=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return done.stdout.decode()

    # -- the API --

    def api(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """A call of the REST API with the key."""
        return call(method, f"{self.web}/api/v1{path}", body, {"authorization": f"Bearer {self.key}", **headers})

    def event(self, kind: str, data: object, *, event_id: str = "") -> Answer:
        """Post one CloudEvent."""
        self._events += 1
        event = {
            "specversion": "1.0", "id": event_id or f"e{self._events}", "source": "/journey", "type": kind,
            "data": data,
        }  # fmt: skip
        return self.api("POST", "/events", event, **{"content-type": "application/cloudevents+json"})

    def book(self, visit: str, start: datetime, contacts: list[dict[str, str]], **more: Any) -> None:
        """Book a visit of half an hour at a branch of Almaty for a patient made for it."""
        answer = self.event("visit.booked", booking(visit, start, contacts, **more))
        assert answer.status == 202, answer

    def visit(self, visit: str) -> dict[str, Any]:
        """GET /visits/{id}"""
        answer = self.api("GET", f"/visits/{quote(visit)}")
        assert answer.status == 200, answer
        found: dict[str, Any] = answer.body
        return found

    def tasks(self) -> list[dict[str, Any]]:
        """Open call tasks."""
        found: list[dict[str, Any]] = self.api("GET", "/tasks?state=open").body["items"]
        return found

    # -- the sandbox --

    def now(self) -> datetime:
        """The house's clock."""
        return datetime.fromisoformat(call("GET", f"{self.sandbox}/clock").body["now"])

    def turn_to(self, moment: datetime) -> None:
        """Turn the clock; every reminder goes at its own time on the way."""
        answer = call("POST", f"{self.sandbox}/clock", {"to": moment.isoformat()})
        assert answer.status == 200, answer

    def turn(self, **by: float) -> None:
        """Turn the clock by so much."""
        self.turn_to(self.now() + timedelta(**by))

    def phone(self, kind: str, address: str, name: str = "Пациент") -> Phone:
        """A phone of somebody who has pressed Start some time ago."""
        phone = Phone(self, f"{self.sandbox}/phones/{kind}/{quote(address)}")
        answer = call("PUT", phone.url, {"name": name, "started": True})
        assert answer.status in (200, 201), answer
        return phone

    def gateway(self, channel: str, mode: str) -> None:
        """Break or mend a gateway."""
        answer = call("POST", f"{self.sandbox}/gateways/{channel}/mode", {"mode": mode})
        assert answer.status in (200, 204), answer


@dataclass(slots=True)
class Phone:
    """A person's side of one channel."""

    house: House
    url: str

    def messages(self, direction: str = "in") -> list[dict[str, Any]]:
        """What came to the phone (or went out of it)."""
        answer = call("GET", f"{self.url}/messages")
        assert answer.status == 200, answer
        return [m for m in answer.body if m["direction"] == direction]

    def wait(self, having: str, *, within: float = 10.0) -> dict[str, Any]:
        """The newest message that came with this in its text."""
        return until(
            lambda: next((m for m in reversed(self.messages()) if having in m["text"]), None),
            within=within, what=f"«{having}» at {self.url}; there: {[m['text'] for m in self.messages()]}",
        )  # fmt: skip

    def press(self, message: dict[str, Any], label: str) -> None:
        """Press the button with this label."""
        button = next(b for b in message["buttons"] if b["label"].startswith(label))
        answer = call("POST", f"{self.url}/press", {"message": message["id"], "button": button["id"]})
        assert answer.status in (200, 202, 204), answer

    def say(self, text: str, files: Sequence[tuple[str, str, bytes]] = (), *, channel: str = "") -> None:
        """Type a text, perhaps with files: (name, MIME type, content) of each; over `channel`, where several share the
        kind of address."""
        carried = [{"name": name, "mime": mime, "content": b64encode(raw).decode()} for name, mime, raw in files]
        answer = call(
            "POST", f"{self.url}/say", {"text": text, "files": carried, **({"channel": channel} if channel else {})}
        )
        assert answer.status in (200, 202, 204), answer

    def do(self, what: str, body: object = None) -> None:
        """block, start, share."""
        answer = call("POST", f"{self.url}/{what}", body or {})
        assert answer.status in (200, 202, 204), answer


def booking(
    visit: str,
    start: datetime,
    contacts: list[dict[str, str]],
    *,
    doctor: str = "d1",
    patient: str = "",
    language: str = "ru",
    minutes: int = 30,
    service: dict[str, object] | None = None,
    zone: str = "Asia/Almaty",
    given: str = "Анна",
) -> dict[str, Any]:
    """The data of a visit.booked event."""
    return {
        "visit": {
            "id": visit,
            "start": start.astimezone(UTC).isoformat(),
            "end": (start + timedelta(minutes=minutes)).astimezone(UTC).isoformat(),
            "practitioner": {"id": doctor, "name": "Ахметова Айгуль Кайратовна"},
            "service": service or {"id": "s1", "name": "Консультация терапевта"},
            "branch": {"id": f"b-{zone}", "name": "Клиника на Абая", "time_zone": zone},
        },
        "patient": {
            "id": patient or f"p-{visit}", "family": "Иванова", "given": given, "language": language,
            "contacts": contacts,
        },
    }  # fmt: skip
