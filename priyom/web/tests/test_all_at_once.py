"""When the program begins anew, all open pages come back to it in the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from priyom.clinic.models import Role
from priyom.web.tests.browser import signed_in
from tests.factories import make_staff

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = 130
"""More than PostgreSQL has connections for everybody."""


def test_more_pages_than_connections(address: str) -> None:
    cookie = f"sessionid={signed_in(make_staff(Role.REGISTRAR))}"

    def look(_: int) -> int:
        line = HTTPConnection(urlsplit(address).netloc, timeout=60)
        line.request("GET", "/live?about=tasks", headers={"cookie": cookie})
        status = line.getresponse().status  # told when the stream begins
        line.close()
        return status

    with ThreadPoolExecutor(PAGES) as browsers:
        assert set(browsers.map(look, range(PAGES))) == {200}
