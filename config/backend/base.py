"""Django's own connections to one of several hosts. The one that took writes last time is asked first: else every page
would wait for a dead host that stands first in the address (libpq asks them in order, and waits for each)."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base

_last: tuple[str, str] | None = None
"""Host and port, of this process."""


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL; with one host in the address nothing is different."""

    def get_connection_params(self) -> dict[str, Any]:
        """As Django's, the hosts in the order in which they shall be asked."""
        params: dict[str, Any] = super().get_connection_params()
        params.update(ordered(str(params.get("host", "")), str(params.get("port", "")), _last))
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """As Django's; remembers who had us."""
        global _last  # noqa: PLW0603 - one word for the whole process: all its threads look for the same host
        made = super().get_new_connection(conn_params)
        if "," in str(conn_params.get("host", "")):
            _last = made.info.host, str(made.info.port)
        return made


def ordered(host: str, port: str, first: tuple[str, str] | None) -> dict[str, str]:
    """The parameters `host` and `port` with the pair `first` in front, if it is among them."""
    hosts, ports = host.split(","), port.split(",")
    if len(hosts) == 1:
        return {name: value for name, value in (("host", host), ("port", port)) if value}
    ports = ports * len(hosts) if len(ports) == 1 else ports
    pairs = [(name, number or "5432") for name, number in zip(hosts, ports, strict=True)]
    pairs.sort(key=lambda pair: pair != first)
    return {"host": ",".join(name for name, _ in pairs), "port": ",".join(number for _, number in pairs)}
