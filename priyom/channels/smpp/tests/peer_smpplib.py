"""smpplib as a client of our fake SMS centre. Arguments: port, system_id, password, the clinic's number, a phone."""

import json
import sys

from smpplib import client, consts, exceptions, gsm

port, system_id, password, number, patient = sys.argv[1:]
told = {"ids": [], "receipts": [], "words": [], "refused": []}
TEXT = "Сәлеметсіз бе! Ждём вас завтра в 10:30, ул. Ленина, 5, кабинет 12. Ответьте 1, если придёте, 2 - если нет."


def sent(pdu):
    told["ids"].append(pdu.message_id.decode())


def received(pdu):
    if pdu.esm_class & 0x04:
        told["receipts"].append([pdu.receipted_message_id.decode(), pdu.message_state])
    else:
        told["words"].append(pdu.short_message.decode("utf-16-be" if pdu.data_coding == 8 else "ascii"))


line = client.Client("127.0.0.1", int(port), allow_unknown_opt_params=True, timeout=30)
line.set_message_sent_handler(sent)
line.set_message_received_handler(received)
line.connect()
try:
    line.bind_transceiver(system_id="stranger", password=password)
except exceptions.PDUError as error:
    told["refused"].append(error.args[1])
line.bind_transceiver(system_id=system_id, password=password)

parts, coding, esm_class = gsm.make_parts(TEXT)
for part in parts:
    line.send_message(
        source_addr_ton=consts.SMPP_TON_INTL,
        source_addr_npi=consts.SMPP_NPI_ISDN,
        source_addr=number,
        dest_addr_ton=consts.SMPP_TON_INTL,
        dest_addr_npi=consts.SMPP_NPI_ISDN,
        destination_addr=patient,
        short_message=part,
        data_coding=coding,
        esm_class=esm_class,
        registered_delivery=True,
    )
while len(told["receipts"]) < len(parts) or not told["words"]:
    line.read_once()
line.unbind()
line.disconnect()
print(json.dumps({**told, "text": TEXT}))  # noqa: T201
