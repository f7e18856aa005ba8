"""The tests' world: one temporary PostgreSQL for the whole run, the environment set before Django is, one clock.

The controlling process starts the database before it starts workers; the workers inherit its address and make a
database each. With `DATABASE_URL` given, that server is used and none is started.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.conf import settings

from config import postgres, translations
from priyom.foundation.clock import clock

_CONTROLLER = "PYTEST_XDIST_WORKER" not in os.environ


def _temporary() -> Path:
    """A folder the database's own user may pass: nothing secret stands in it."""
    folder = Path(tempfile.mkdtemp(prefix="priyom-tests-"))
    folder.chmod(0o711)
    return folder


def _remove(data: Path, server: postgres.Server | None) -> None:
    if server is not None:
        postgres.stop(server)
    postgres.destroy(data)
    shutil.rmtree(data, ignore_errors=True)


def _prepare() -> None:
    data = _temporary()
    server = None
    os.environ["PRIYOM_DATA"] = str(data)
    os.environ["PRIYOM_SANDBOX"] = "0"  # the computer's clock; tests that start the sandbox say so themselves
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    if not os.environ.get("DATABASE_URL"):
        server = postgres.ensure(data, fast=True)
        os.environ["DATABASE_URL"] = server.url
    atexit.register(_remove, data, server)


if _CONTROLLER:
    if "config.settings" in sys.modules:
        raise RuntimeError("settings were read before the tests' environment was made")
    _prepare()
    translations.compile_all()  # before any process reads them
django.setup()
# The real one takes a tenth of a second for each password on purpose; the processes of journeys keep it.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    """Every test leaves the clock as it found it: the computer's."""
    yield
    clock.reset()
