"""Every whole page of the staff, found in the table of addresses: a page that is new is looked at by itself."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from priyom.clinic.models import Role
from priyom.web.tests.conftest import Clinic
from priyom.web.tests.test_access import ROUTES


def addresses(clinic: Clinic) -> dict[str, str]:
    """Name -> address of each page an administrator can open; parts of pages, files and data are left out."""
    browser = clinic.browser(Role.ADMIN)
    browser.get("/", {"branch": clinic.here.pk})
    asked = {
        name: reverse(f"web:{name}", args=of(clinic))
        for name, (method, _roles, of, _data) in ROUTES.items()
        if method == "GET"
    }
    return {name: url for name, url in asked.items() if whole(browser, url)}


def whole(browser: Client, url: str) -> bool:
    """Whether the address shows a page of its own."""
    answer = browser.get(url)
    html = answer.headers.get("Content-Type", "").startswith("text/html")
    return html and answer.status_code == 200 and answer.content.lstrip()[:15].lower() == b"<!doctype html>"
