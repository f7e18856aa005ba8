"""Machines as network namespaces around a router. A cut is silent, as a pulled cable is: packets vanish, nobody is
told. It is a rule of the router for a pair of machines and a direction: answers can be lost while requests arrive."""

from __future__ import annotations

import ctypes
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

CLONE_NEWNET = 0x40000000
ROUTER = "router"
_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count(1)


def why_not() -> str:
    """Why namespaces cannot be made here; '' when they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "there is no `ip` here (Debian: apt-get install iproute2)"
    name = f"priyom-{os.getpid()}-probe"
    made = _ip("netns", "add", name, check=False)
    if made.returncode != 0:
        return f"no network namespaces here: {made.stderr.strip()}"
    try:
        link = _ip("-n", name, "link", "add", "a0", "type", "veth", "peer", "name", "a1", check=False)
        rule = _ip("-n", name, "rule", "add", "from", "10.77.0.1", "to", "10.77.0.2", "blackhole", check=False)
        return next((f"no network namespaces here: {d.stderr.strip()}" for d in (link, rule) if d.returncode), "")
    finally:
        _ip("netns", "del", name)


class Network:
    """Machines by name, each with the address 10.77.N.2. Close it, whatever happened."""

    def __init__(self, names: Sequence[str]) -> None:
        self._prefix = f"priyom-{os.getpid()}-{next(_numbers)}"
        self._made: list[str] = []
        self._cuts: set[tuple[str, str]] = set()
        self.addresses = {name: f"10.77.{number}.2" for number, name in enumerate(names, 1)}
        try:
            self._namespace(ROUTER)
            self._within(ROUTER, "sysctl", "-qw", "net.ipv4.ip_forward=1")
            for number, name in enumerate(names, 1):
                self._plug(number, name)
        except BaseException:
            self.close()
            raise

    def _namespace(self, name: str) -> None:
        _ip("netns", "add", self._full(name))
        self._made.append(name)
        _ip("-n", self._full(name), "link", "set", "lo", "up")

    def _plug(self, number: int, name: str) -> None:
        self._namespace(name)
        here, router, port = self._full(name), self._full(ROUTER), f"to{number}"
        _ip("-n", here, "link", "add", "wire", "type", "veth", "peer", "name", port, "netns", router)
        _ip("-n", here, "addr", "add", f"10.77.{number}.2/24", "dev", "wire")
        _ip("-n", router, "addr", "add", f"10.77.{number}.1/24", "dev", port)
        _ip("-n", here, "link", "set", "wire", "up")
        _ip("-n", router, "link", "set", port, "up")
        _ip("-n", here, "route", "add", "default", "via", f"10.77.{number}.1")

    def _full(self, name: str) -> str:
        return f"{self._prefix}-{name}"

    def _within(self, name: str, *command: str) -> None:
        _ip("netns", "exec", self._full(name), *command)

    @contextmanager
    def at(self, name: str) -> Iterator[None]:
        """This thread stands at that machine: sockets and processes made in the block are the machine's for good."""
        with Path("/proc/thread-self/ns/net").open() as home, Path(f"/run/netns/{self._full(name)}").open() as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def lose(self, source: str, target: str) -> None:
        """What `source` sends to `target` vanishes from now on; the other direction goes on."""
        if (source, target) not in self._cuts:
            self._rule("add", source, target)
            self._cuts.add((source, target))

    def cut(self, one: str, *others: str) -> None:
        """Nothing passes between `one` and the others; with none named, between it and anybody."""
        for other in others or [name for name in self.addresses if name != one]:
            self.lose(one, other)
            self.lose(other, one)

    def heal(self) -> None:
        """Everything passes again."""
        while self._cuts:
            self._rule("del", *self._cuts.pop())

    def _rule(self, order: str, source: str, target: str) -> None:
        ends = ["from", self.addresses[source], "to", self.addresses[target]]
        _ip("-n", self._full(ROUTER), "rule", order, *ends, "blackhole")

    def close(self) -> None:
        """Remove the machines; what still runs on one keeps running there, unreachable: end it before."""
        for name in reversed(self._made):
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", self._full(name))
        self._made.clear()


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _ip(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *arguments], check=check, capture_output=True, text=True)
