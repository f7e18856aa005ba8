"""Real servers for tests: Postfix and Dovecot, each an instance of its own in a folder of its own, on loopback alone.

Both want root (they change users by themselves) and are ended by the process that was started.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from pwd import getpwnam

import pytest

from priyom.contracts.peer import program

HOME = "clinic.test"
USER, PASSWORD = f"priem@{HOME}", "made-up-4"
PATIENCE = 60.0


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@asynccontextmanager
async def folder() -> AsyncIterator[Path]:
    """A folder that the servers' own users can walk into; skips the test where we are not root."""
    if os.geteuid() != 0:
        pytest.skip("Postfix and Dovecot are started as root only")
    made = Path(tempfile.mkdtemp(prefix="priyom-mail-"))
    os.chmod(made, 0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def maildir(home: Path) -> Path:
    """The clinic's mailbox, owned by the user both servers write and read it as."""
    made = home / "mail" / "priem"
    for name in ("cur", "new", "tmp"):
        (made / name).mkdir(parents=True)
    owner = getpwnam("mail")
    for path in (made.parent, made, *made.iterdir()):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    return made


@asynccontextmanager
async def postfix(home: Path, routes: dict[str, int]) -> AsyncIterator[int]:
    """A Postfix that takes letters at the port given, sends those for each domain of `routes` to that port, and puts
    those for clinic.test into the mailbox."""
    master, port = program("postfix"), free_port()
    config, queue, data = home / "postfix", home / "queue", home / "data"
    for path in (config, queue, data):
        path.mkdir()
    owner = getpwnam("postfix")
    os.chown(data, owner.pw_uid, owner.pw_gid)
    (config / "main.cf").write_text(_main_cf(home, queue, data, routes))
    (config / "master.cf").write_text(_MASTER_CF.format(port=port))
    async with _running(home / "postfix.out", master, "-c", str(config), "start-fg", pid=queue / "pid" / "master.pid"):
        await _answers(port, home / "postfix.log")
        yield port


def _main_cf(home: Path, queue: Path, data: Path, routes: dict[str, int]) -> str:
    mail = getpwnam("mail")
    transports = ", ".join(f"{domain}=smtp:[127.0.0.1]:{port}" for domain, port in routes.items())
    lines = {
        "compatibility_level": "3.6", "queue_directory": queue, "data_directory": data,
        "mail_owner": "postfix", "setgid_group": "postdrop", "myhostname": f"mx.{HOME}", "mydestination": "",
        "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4", "mynetworks": "127.0.0.0/8",
        "smtpd_relay_restrictions": "permit_mynetworks, reject", "disable_dns_lookups": "yes",
        "smtp_dns_support_level": "disabled", "transport_maps": f"inline:{{{transports}}}",
        "virtual_mailbox_domains": HOME, "virtual_mailbox_base": home / "mail",
        "virtual_mailbox_maps": f"inline:{{{USER}=priem/}}", "virtual_minimum_uid": 1,
        "virtual_uid_maps": f"static:{mail.pw_uid}", "virtual_gid_maps": f"static:{mail.pw_gid}",
        "recipient_delimiter": "+", "alias_maps": "", "alias_database": "", "local_recipient_maps": "",
        "maillog_file": home / "postfix.log", "maillog_file_prefixes": str(home), "in_flow_delay": "0",
    }  # fmt: skip
    return "".join(f"{name} = {value}\n" for name, value in lines.items())


_MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n - n 60  1 pickup
cleanup   unix  n - n -   0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n -   - trivial-rewrite
bounce    unix  - - n -   0 bounce
defer     unix  - - n -   0 bounce
trace     unix  - - n -   0 bounce
verify    unix  - - n -   1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n -   - proxymap
smtp      unix  - - n -   - smtp
error     unix  - - n -   - error
retry     unix  - - n -   - error
virtual   unix  - n n -   - virtual
anvil     unix  - - n -   1 anvil
scache    unix  - - n -   1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


@asynccontextmanager
async def dovecot(home: Path) -> AsyncIterator[int]:
    """A Dovecot that shows the mailbox over IMAP at the port given."""
    server, port, config = program("dovecot"), free_port(), home / "dovecot.conf"
    (home / "run").mkdir()
    (home / "state").mkdir()
    config.write_text(_DOVECOT.format(home=home, port=port, password=PASSWORD))
    async with _running(home / "dovecot.out", server, "-F", "-c", str(config)):
        await _answers(port, home / "dovecot.log")
        yield port


_DOVECOT = """\
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{home}/mail/priem
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
first_valid_gid = 1
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={home}/mail
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


@asynccontextmanager
async def _running(output: Path, *command: str, pid: Path | None = None) -> AsyncIterator[None]:
    """A server in the foreground, ended with the block: the process that was started, or the one it wrote to `pid`."""
    with output.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out
        )
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(_written(pid) or process.pid, signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), PATIENCE)
            except TimeoutError:
                process.kill()
                await process.wait()


def _written(pid: Path | None) -> int:
    try:
        return int(pid.read_text()) if pid is not None else 0
    except (OSError, ValueError):
        return 0


async def _answers(port: int, log: Path) -> None:
    for _ in range(int(PATIENCE * 10)):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise AssertionError(f"no server at {port}: {_tail(log)}")


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:] if log.exists() else "no log"
