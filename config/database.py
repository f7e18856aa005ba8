"""Django's entry of the database's address. libpq reads the address, so everything PostgreSQL's own programs
understand is understood here: several hosts, sockets, IPv6, `target_session_attrs`.

Every connection of the program, whoever opens it, notices a dead network within `NOTICED` seconds, and so does the
server: else the locks of a lost machine would stay taken for as long as its system repeats packets (a quarter of an
hour). Keep-alives alone do not do that: none is sent while something sent before has not been confirmed.
"""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict

from config.env import BadEnvironment

NOTICED = 9
"""Seconds: 5 of silence and 2 asks of 2 seconds, or unconfirmed for as long."""
DEFAULTS = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "2",
    "tcp_user_timeout": str(NOTICED * 1000),
    "options": (
        "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=2 "
        f"-c tcp_user_timeout={NOTICED * 1000}"
    ),
}
PREPARED = {"server_side_binding": True, "prepare_threshold": 3}
"""What one connection says for the fourth time the server need not plan again: that halves its work."""
SEVERAL = {"target_session_attrs": "read-write"}
"""With several hosts: the one that takes writes. A standby, or an old primary that came back as one, is passed over."""


def entry(url: str) -> dict[str, object]:
    """Django's DATABASES entry of a `postgresql://user:password@host:port,host:port/name?setting=value` URL; what the
    URL sets wins over the defaults. Raises BadEnvironment."""
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError as error:
        # Not in libpq's words: they may quote the password.
        raise BadEnvironment("DATABASE_URL: нужен адрес вида postgresql://user:password@host:5432/name") from error
    name = parts.pop("dbname", "postgres")
    host = parts.pop("host", "")
    several = SEVERAL if "," in host else {}
    return {
        "ENGINE": "config.backend",
        "NAME": name,
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": host,
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": DEFAULTS | PREPARED | several | parts,
        "TEST": {"NAME": f"test_{name}"},
    }
