"""SMS straight over SMPP 3.4, the operators' own protocol: one TCP line to an operator or aggregator, held by a worker.

For clinics with such a contract it is the cheapest and quickest way to send SMS. It reaches every phone, tells honestly
that the handset took the message, and has no buttons: choices are digits in the text.
"""

from __future__ import annotations

from datetime import timedelta

from priyom.channels.smpp.settings import Settings
from priyom.contracts.card import AfterCrash, Buttons, Card, Sort
from priyom.contracts.message import Signal
from priyom.foundation.sms import segments

CARD = Card(
    key="smpp",
    title="SMS (SMPP)",
    sort=Sort.SMS,
    contact_kind="phone",
    buttons=Buttons.DIGITS,
    signals=frozenset({Signal.ACCEPTED, Signal.SENT, Signal.DELIVERED}),
    needs_start=False,
    text_limit=670,
    label_limit=40,
    pace=10.0,
    settings=Settings,
    after_crash=AfterCrash.UNKNOWN,
    parallel=16,
    usual_answer=timedelta(hours=1),
    usual_delivery=timedelta(minutes=2),
    webhook=False,
    listens=True,
    asks_status=True,
    segments=segments,
    example="+77011234567",
    price="by contract with the operator, per segment",
    proven="the npm package smpp (as gateway and as client), smpplib and Kannel (as clients of our emulator)",
)
