"""Takes the pictures of the READMEs from a running demo clinic: walks the clock through a day on which most patients
answer, then looks at each screen.

    .venv/bin/priyom run                                  # in another terminal, fresh data
    .venv/bin/python docs/make_pictures.py [PAGES PHONES]   # http://127.0.0.1:8000 http://127.0.0.1:8001

Needs the packages of `requirements-dev.txt` and chromium.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zlib import crc32
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, sync_playwright
from small_png import small

PAGES, PHONES = sys.argv[1:3] if len(sys.argv) > 2 else ("http://127.0.0.1:8000", "http://127.0.0.1:8001")
FOLDER = Path(__file__).with_name("pictures")
BRANCH, ZONE = "Филиал в Алматы", ZoneInfo("Asia/Almaty")
CONFIRMS = ("Приду", "Келемін")
BY_DIGIT = " 1 - "
QUESTION = "Здравствуйте! Можно прийти вдвоём с дочкой?"
ANSWER = "Здравствуйте! Да, конечно. Захватите полис дочки."


def ask(method: str, path: str, body: object = None) -> Any:
    """The sandbox's answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(PHONES + path, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.loads(answer.read())


def walk(moment: datetime) -> None:
    """Turn the clock there."""
    ask("POST", "/clock", {"to": moment.isoformat()})


def answer(share: int) -> list[dict[str, str]]:
    """So many of a hundred patients answer the question that stands on their phone; those who pressed in a chat."""
    pressed = []
    for phone in ask("GET", "/phones"):
        where = f"/phones/{phone['kind']}/{quote(phone['address'])}"
        if phone["blocked"] or not phone["started"] or crc32(phone["name"].encode()) % 100 >= share:
            continue
        came = [message for message in ask("GET", f"{where}/messages") if message["direction"] == "in"]
        if not came:
            continue
        yes = [b for b in came[-1]["buttons"] if b["label"] in CONFIRMS]
        if BY_DIGIT in came[-1]["text"]:
            ask("POST", f"{where}/say", {"text": "1"})
        elif yes and not came[-1]["edited"]:
            ask("POST", f"{where}/press", {"message": came[-1]["id"], "button": yes[0]["id"]})
            pressed.append(phone)
    return pressed


def live_a_day() -> dict[str, str]:
    """From now to the next morning; the phone of a patient who has a question."""
    here = datetime.fromisoformat(ask("GET", "/clock")["now"]).astimezone(ZONE)
    day = here.date() + timedelta(days=here.hour >= 14)
    walk(datetime.combine(day, time(14, 30), ZONE))
    talker = next(phone for phone in answer(55) if phone["kind"] == "telegram")
    walk(datetime.combine(day, time(19, 15), ZONE))
    answer(62)
    walk(datetime.combine(day + timedelta(days=1), time(10, 10), ZONE))
    answer(70)
    walk(datetime.combine(day + timedelta(days=1), time(10, 40), ZONE))
    ask("POST", f"/phones/telegram/{talker['address']}/say", {"text": QUESTION})
    return talker


def sign_in(page: Page) -> None:
    """As the demo registrar."""
    page.goto(f"{PAGES}/login")
    page.fill("[name=username]", "registrar")
    page.fill("[name=password]", "demo-registrar")
    page.click("button[type=submit]")


def take(page: Page, name: str) -> None:
    """A picture of what is seen."""
    page.wait_for_timeout(900)
    (FOLDER / f"{name}.png").write_bytes(small(page.screenshot()))


def staff_screens(page: Page) -> None:
    """Today, a conversation, a call, a visit."""
    sign_in(page)
    page.locator("select[name=branch]").select_option(label=BRANCH)
    page.wait_for_timeout(900)
    page.locator('a[href*="/visits/"]', has_text="подтвержден").nth(1).click()
    take(page, "today")
    page.goto(f"{PAGES}/chats")
    page.locator('a[href*="/chats/"]', has_text=QUESTION[:12]).first.click()
    page.fill("#text", ANSWER)
    page.click(".composer button[type=submit]")
    take(page, "conversation")
    page.goto(f"{PAGES}/tasks")
    urgent = page.locator('a[href*="/tasks/"]', has_text="осталось")
    hrefs = [link.get_attribute("href") for link in urgent.all() or page.locator('a[href*="/tasks/"]').all()][:8]
    page.goto(PAGES + max((str(href) for href in hrefs), key=lambda href: tried(page, href)))
    take(page, "task")
    page.locator('a[href*="/visits/"]').first.click()
    take(page, "visit")


def tried(page: Page, href: str) -> int:
    """How much was tried before this call."""
    page.goto(PAGES + href)
    text = page.inner_text("main")
    return sum(text.count(word) for word in ("передано", "доставлено", "не отправлено"))


def phones_screen(page: Page, talker: dict[str, str]) -> None:
    """Three phones side by side."""
    page.goto(PHONES)
    page.locator("#people li", has_text=talker["name"]).first.click()
    page.wait_for_timeout(400)
    for row in (2, 5):
        page.locator("#people li").nth(row).click()
        page.wait_for_timeout(400)
    take(page, "phones")


def main() -> None:
    """All of it."""
    FOLDER.mkdir(exist_ok=True)
    talker = live_a_day()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 860}, locale="ru-RU")
        staff_screens(page)
        phones_screen(page, talker)
        browser.close()


if __name__ == "__main__":
    main()
