"""yambot-client at our emulator: `peer_yambot.py <base url> <token>`; prints what it saw.

The library's address stands in a constant of its module, and it polls for ever; both are led here.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from requests import post
from yambot import yambot
from yambot.exceptions import APIError
from yambot.types import (
    InlineSuggestButton,
    OpenUriDirective,
    ServerActionDirective,
    SuggestButtons,
    UpdatesResponse,
)


def main(base: str, token: str) -> dict[str, object]:
    yambot.API_URL = base
    bot = yambot.MessengerBot(token)
    asked = post(f"{base}/messages/getUpdates", json={"limit": 10, "offset": 0}, headers=bot._headers, timeout=30)
    updates = UpdatesResponse(**asked.json()).updates
    words, press, picture, paper = updates
    pressed = ServerActionDirective(name="priyom", payload={"press": "t:18:take"})
    row = [
        InlineSuggestButton(id="0.0", title="Взял", directives=[pressed]),
        InlineSuggestButton(id="0.1", title="Карта", directives=[OpenUriDirective(uri="https://clinic.example")]),
    ]
    buttons = SuggestButtons(layout="true", persist=True, buttons=[row])
    sent = bot.send_suggest_buttons("Задача 18", buttons, words)
    edited = bot.send_message("Взяла Анна", words, message_id=sent["message_id"])
    twice = [bot.send_message("раз", words, payload_id="p1") for _ in range(2)]
    bot.send_file(b"%PDF", "b.pdf", "application/pdf", words)
    with tempfile.TemporaryDirectory() as folder:
        content = Path(bot.download_file(paper, folder)).read_bytes()
    gone = bot.delete_message(twice[0]["message_id"], login=words.from_m.login)
    refused = []
    for number in (1, 2):
        try:
            bot.delete_message(number, login="nobody" if number == 1 else words.from_m.login)
        except APIError as error:
            refused.append(error.status_code)
    try:
        yambot.MessengerBot("wrong").send_message("да", words)
    except APIError as error:
        refused.append(error.status_code)
    return {
        "words": [words.text, words.from_m.login, words.chat.chat_type, words.update_id],
        "press": [press.bot_request.server_action.payload, press.bot_request.element_id, press.message_id],
        "picture": [picture.text, picture.images[0][-1].name],
        "paper": [paper.file.name, content.decode()],
        "edited": edited["message_id"] == sent["message_id"],
        "twice": twice[0] == twice[1],
        "gone": gone["ok"],
        "refused": refused,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])) + "\n")
