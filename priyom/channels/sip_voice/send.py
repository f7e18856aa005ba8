"""Places a call over the line the worker holds open, and checks an account by asking the trunk about it.

`send` returns when the trunk has taken the call; what the person did comes later, as a report. Only what the trunk says
of us or of the number itself is an error here: busy, declined and unanswered are outcomes of a call that was placed.
"""

from __future__ import annotations

import secrets

from priyom.channels.sip_voice import CARD, Settings, outcomes
from priyom.channels.sip_voice.habits import check_rehearsal, number_of, ports_of, voice_of
from priyom.channels.sip_voice.listen import LONGEST_WAIT, Line
from priyom.channels.sip_voice.register import Registration, address_towards, trunk_of
from priyom.channels.sip_voice.wire import NoReply, Wire
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import Misconfigured, Rejected, Unavailable
from priyom.contracts.message import Outgoing, Receipt
from priyom.foundation.http import Http
from priyom.foundation.phone import show


async def send(http: Http, account: Account, outgoing: Outgoing) -> Receipt:
    """Call once, or speak into the call that person is in already. `provider_id` names the message, not the call.

    Raises the errors of `contracts.errors`: Unavailable while the line is not up, Throttled while every channel of the
    trunk is in use, Uncertain when the trunk never answered (the phone may ring all the same).
    """
    if len(outgoing.message.text) > CARD.text_limit:
        raise Rejected("так долго по телефону не слушают: сократите текст", "too-long")
    if not isinstance(account.session, Line):
        raise Unavailable("линия к оператору еще не открыта")
    return await account.session.place(outgoing, number_of(account.settings, outgoing.address))


async def check(http: Http, account: Account) -> Identity:
    """Ask the trunk about our registration (which proves the password and changes nothing), or at least whether it is
    there; and see whether there is a voice to speak with. Raises Unavailable, Misconfigured."""
    settings: Settings = account.settings
    voice = voice_of(settings)
    if trouble := voice.trouble():
        raise Misconfigured(trouble)
    ports_of(settings)
    trunk = await trunk_of(settings)
    check_rehearsal(settings, trunk)
    wire = Wire(lambda message, source: message.reply(480, "Temporarily Unavailable", tag="check"))
    try:
        here = await wire.open(address_towards(trunk.server))
    except OSError:
        raise Unavailable("на этой машине не открывается порт UDP") from None
    try:
        asked = Registration(wire, trunk, here, secrets.token_hex(12))
        within = min(http.timeout, LONGEST_WAIT)
        said = await (asked.query(within) if settings.register else asked.options(within))
    except NoReply:
        raise Unavailable("оператор не отвечает") from None
    finally:
        wire.close()
    error = outcomes.refusal(said)
    if isinstance(error, Misconfigured | Unavailable):
        raise error
    if settings.register and said.status >= 300:
        raise Unavailable(f"оператор не сказал, знает ли нас ({said.status})", str(said.status))
    name = show("+" + settings.caller_id.lstrip("+"))
    return Identity(settings.caller_id, f"Звонки с {name}", voice.about())
