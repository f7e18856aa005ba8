"""Run under the peers' Python: pywa, a WhatsApp client of others, talks to our emulator and reads its webhooks.

Arguments: the API's address, phone number id, business account id, token, app secret, whom to write to, and a file with
webhooks as they were sent ({"body", "signature"} each; none at the first call). Prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pywa import WhatsApp, types
from pywa.errors import WhatsAppError
from pywa.types import templates

BASE, NUMBER, BUSINESS, TOKEN, SECRET, TO, HOOKS = sys.argv[1:8]


def client() -> Any:
    """pywa with its base address led to the emulator."""
    made = WhatsApp(
        phone_id=NUMBER, token=TOKEN, waba_id=BUSINESS, app_secret=SECRET, verify_token="x", filter_updates=False
    )
    made.api._session.base_url = BASE
    return made


def refusal(call: Any) -> dict[str, Any]:
    """Which of pywa's errors a call raises."""
    try:
        call()
    except WhatsAppError as error:
        return {"kind": type(error).__name__, "code": error.code, "details": error.details or error.message}
    return {}


def speak(wa: Any) -> dict[str, Any]:
    """Everything our channel does, done by pywa."""
    number = wa.get_business_phone_number()
    draft = templates.Template(
        name="peer_reminder",
        category=templates.TemplateCategory.UTILITY,
        language=templates.TemplateLanguage.RUSSIAN,
        parameter_format=templates.ParamFormat.POSITIONAL,
        components=[
            body := templates.BodyText("Здравствуйте, {{1}}! Ждём вас в {{2}}.", "Анна", "10:30"),
            templates.Buttons(buttons=[yes := templates.QuickReplyButton(text="Приду")]),
        ],
    )
    created = wa.create_template(template=draft)
    sent = wa.send_message(to=TO, text="Слова", tracker="t1")
    buttons = [types.Button("Приду", callback_data="v:1:ok"), types.Button("Нет", callback_data="v:1:no")]
    pressed = wa.send_message(to=TO, text="Придёте?", buttons=buttons)
    rows = types.SectionList(
        "Выбрать", sections=[types.Section("Слоты", rows=[types.SectionRow("10:30", callback_data="s:1")])]
    )
    listed = wa.send_message(to=TO, text="Когда?", buttons=rows)
    linked = wa.send_message(to=TO, text="Как дойти", buttons=types.URLButton("Карта", "https://clinic.example/map"))
    document = wa.send_document(
        to=TO, document=b"%PDF-1.4 made up", filename="памятка.pdf", mime_type="application/pdf", caption="Памятка"
    )
    template = wa.send_template(
        to=TO,
        name="peer_reminder",
        language=templates.TemplateLanguage.RUSSIAN,
        params=[body.params("Анна", "10:30"), yes.params(callback_data="v:2:ok", index=0)],
    )
    return {
        "number": [number.display_phone_number, number.quality_rating],
        "created": [created.id, created.status],
        "templates": [[t.name, t.status, t.category] for t in wa.get_templates()],
        "sent": [m.id for m in (sent, pressed, listed, linked, document, template)],
        "refusals": {
            "long": refusal(lambda: wa.send_message(to=TO, text="я" * 4097)),
            "unknown template": refusal(
                lambda: wa.send_template(to=TO, name="nothing", language=templates.TemplateLanguage.RUSSIAN, params=[])
            ),
            "few values": refusal(
                lambda: wa.send_template(
                    to=TO, name="peer_reminder", language=templates.TemplateLanguage.RUSSIAN, params=[]
                )
            ),
            "wrong token": refusal(lambda: stranger().send_message(to=TO, text="x")),
        },
    }


def stranger() -> Any:
    """Somebody with a wrong token."""
    made = WhatsApp(phone_id=NUMBER, token="wrong")
    made.api._session.base_url = BASE
    return made


def listen(wa: Any, hooks: list[dict[str, str]]) -> dict[str, Any]:
    """What pywa makes of the webhooks, after it has verified their signatures."""
    heard: list[list[Any]] = []

    def note(kind: str, *values: Any) -> None:
        heard.append([kind, *values])

    @wa.on_message
    def _(_: Any, m: types.Message) -> None:
        media = m.image or m.document
        content = media.get_bytes().decode("latin-1") if media else ""
        note("message", m.from_user.wa_id, m.from_user.bsuid, m.text or m.caption, content)
        m.mark_as_read()

    @wa.on_callback_button
    def _(_: Any, m: types.CallbackButton) -> None:
        note("button", m.data, m.title, m.reply_to_message.message_id if m.reply_to_message else "")

    @wa.on_callback_selection
    def _(_: Any, m: types.CallbackSelection) -> None:
        note("selection", m.data, m.title)

    @wa.on_message_status
    def _(_: Any, s: types.MessageStatus) -> None:
        note("status", s.id, s.status, s.tracker, s.error.code if s.error else 0)

    @wa.on_template_status_update
    def _(_: Any, t: Any) -> None:
        note("template", t.template_name, t.new_status)

    refused = []
    for hook in hooks:
        body = hook["body"].encode()
        refused.append(wa.webhook_update_validator(body, hook["signature"]))
        wa.webhook_update_handler(body)
    forged = wa.webhook_update_validator(hooks[0]["body"].encode() + b" ", hooks[0]["signature"])
    return {"heard": heard, "refused": [r for r in refused if r], "forged": bool(forged)}


def main() -> None:
    """Speak, or listen when there are webhooks."""
    if HOOKS == "-":
        said = speak(client())
    else:
        with open(HOOKS) as file:
            said = listen(client(), json.load(file))
    sys.stdout.write(json.dumps(said) + "\n")


main()
