"""Run under the peers' Python: heyoo, another WhatsApp client, talks to our emulator. Arguments: the API's address,
phone number id, token, whom to write to, a file to send. Prints one line of JSON."""

from __future__ import annotations

import json
import sys

from heyoo import WhatsApp

BASE, NUMBER, TOKEN, TO, FILE = sys.argv[1:6]


def main() -> None:
    """Words, buttons, a file, a mark."""
    messenger = WhatsApp(TOKEN, phone_number_id=NUMBER)
    messenger.base_url = messenger.v15_base_url = BASE
    messenger.url = f"{BASE}/{NUMBER}/messages"
    buttons = {"buttons": [{"type": "reply", "reply": {"id": "v:1:ok", "title": "Приду"}}]}
    said = {
        "text": messenger.send_message("Слова", TO),
        "buttons": messenger.send_reply_button(
            recipient_id=TO, button={"type": "button", "body": {"text": "Придёте?"}, "action": buttons}
        ),
        "media": messenger.upload_media(FILE),
    }
    said["image"] = messenger.send_image(said["media"]["id"], TO, caption="Снимок", link=False)
    sys.stdout.write(json.dumps(said) + "\n")


main()
