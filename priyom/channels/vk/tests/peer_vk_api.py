"""vk_api talks to our fake VK: `base url, key, group, person`. Sends, uploads, edits, is refused, then listens by its
own Bots Long Poll until somebody says «хватит», answering presses on the way. What it saw is one line of JSON."""

import io
import json
import sys

import requests
import vk_api
from jconfig.memory import MemoryConfig
from vk_api.bot_longpoll import VkBotLongPoll
from vk_api.keyboard import VkKeyboard, VkKeyboardColor

BASE, KEY, GROUP, PERSON = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


class Elsewhere(requests.adapters.HTTPAdapter):
    """Leads the library's fixed address to the fake VK."""

    def send(self, request, *args, **kwargs):
        request.url = request.url.replace("https://api.vk.ru", BASE, 1)
        return super().send(request, *args, **kwargs)


def main():
    session = vk_api.VkApi(token=KEY, api_version="5.199", config=MemoryConfig)
    session.http.mount("https://api.vk.ru", Elsewhere())
    api = session.get_api()
    seen = {"group": api.groups.getById()["groups"][0]["screen_name"]}

    keyboard = VkKeyboard(inline=True)
    keyboard.add_callback_button("Приду", color=VkKeyboardColor.POSITIVE, payload={"p": "ok"})
    keyboard.add_button("Позже", color=VkKeyboardColor.SECONDARY, payload={"p": "later"})
    keyboard.add_line()
    keyboard.add_openlink_button("Карта", link="https://clinic.example/map")
    sent = api.messages.send(peer_ids=[PERSON], random_id=77, message="Ждём вас", keyboard=keyboard.get_keyboard())
    seen["sent"] = sent[0]["conversation_message_id"]
    again = api.messages.send(peer_id=PERSON, random_id=77, message="Ждём вас")
    seen["same"] = again == sent[0]["message_id"]

    upload = vk_api.VkUpload(session)
    photo = upload.photo_messages(named(b"made-up picture", "map.jpg"), peer_id=PERSON)[0]
    paper = upload.document_message(named(b"%PDF made up", "paper.pdf"), title="Памятка.pdf", peer_id=PERSON)["doc"]
    names = [
        f"{kind}{one['owner_id']}_{one['id']}_{one['access_key']}" for kind, one in (("photo", photo), ("doc", paper))
    ]
    api.messages.send(peer_id=PERSON, random_id=78, attachment=",".join(names))
    seen["read"] = session.http.get(paper["url"]).content.decode()

    try:
        api.messages.send(peer_id=999, random_id=79, message="Ждём вас")
    except vk_api.ApiError as error:
        seen["refused"] = error.code

    api.groups.setLongPollSettings(
        group_id=GROUP, enabled=1, api_version="5.199", message_new=1, message_event=1, message_deny=1, message_allow=1
    )
    seen["events"] = listen(VkBotLongPoll(session, GROUP, wait=5), api)
    sys.stdout.write(json.dumps(seen) + "\n")


def listen(line, api):
    """(kind, what matters in it) of each event."""
    events = []
    for event in line.listen():
        kind, body = event.type.value, event.object
        if kind == "message_event":
            note = json.dumps({"type": "show_snackbar", "text": "Записали"}, ensure_ascii=False)
            ids = {"event_id": body["event_id"], "user_id": body["user_id"], "peer_id": body["peer_id"]}
            api.messages.sendMessageEventAnswer(**ids, event_data=note)
            api.messages.edit(peer_id=body["peer_id"], cmid=body["conversation_message_id"], message="Ждём. Записали")
            events.append([kind, body["payload"]["p"]])
        elif kind == "message_new":
            assert event.from_user
            message = body["message"]
            events.append([kind, message["text"], message.get("ref", ""), len(message["attachments"])])
            if message["text"] == "хватит":
                return events
        else:
            events.append([kind, body["user_id"]])
    return events


def named(content, name):
    """A file as requests wants it."""
    file = io.BytesIO(content)
    file.name = name
    return file


main()
