"""The PyPI package «smsc» as a client of our fake gateway. Arguments: its address, login, password, a phone."""

import json
import sys

from smsc.api import SMSC
from smsc.exceptions import GetStatusError, SendError
from smsc.messages import SMSMessage

base_url, login, password, phone = sys.argv[1:]
SMSC._url = base_url + "/"

client = SMSC(login=login, password=password, sender="PRIYOM")
message = SMSMessage(text="Сәлеметсіз бе! Ждём вас завтра в 10:30, ул. Ленина, 5, кабинет 12, второй этаж")
cost = client.get_cost(phone, message)
sent = client.send(phone, message)
again = client.send(phone, message)
[status] = client.get_status(phone, str(sent.message_id))
refused = SMSC(login=login, password="nonsense").get_balance()
print(  # noqa: T201
    json.dumps(
        {
            "cost": [cost.cost, cost.count],
            "sent": [sent.message_id, sent.cost, sent.count],
            "again": again.error.code,
            "status": [status.status.status_id, status.status.name, status.data["phone"], status.data["message"]],
            "balance": [client.get_balance().balance, client.get_balance().currency],
            "refused": refused.error.code,
            "errors": [GetStatusError.__name__, SendError.__name__],
        }
    )
)
