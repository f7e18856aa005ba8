"""Registers with the emulator and calls a phone by the library aiosipua (with aiortp for the sound); hears one key."""

from __future__ import annotations

import asyncio
import json
import math
import socket
import struct
import sys

import aiosipua.transport
from aiortp import RTPSession
from aiosipua import SipUAC, SipUAS
from aiosipua.auth import SipDigestAuth
from aiosipua.registration import Registration
from aiosipua.sdp import build_sdp
from aiosipua.transport import UdpSipTransport

HOST = "127.0.0.1"


def plainly(self, transport):
    """The library asserts a base class that CPython 3.11 does not give its transports."""
    self._owner._udp_transport = transport
    self._owner.local_addr = transport.get_extra_info("sockname")


aiosipua.transport._UdpProtocol.connection_made = plainly


async def refused(uac, caller, number, domain, server, auth):
    """The code of a refusal."""
    call = uac.send_invite(
        f"sip:{caller}@{domain}", f"sip:{number}@{domain}", server, build_sdp(HOST, 40000, 8, "PCMA"), auth=auth
    )
    try:
        await call.wait_answered(10)
    except RuntimeError:
        return call._reject_code
    return 200


async def main(port, domain, user, password, caller, number):
    server, told = (HOST, int(port)), {}
    transport = UdpSipTransport(local_addr=(HOST, 0))
    uac = SipUAC(transport)
    uas = SipUAS(transport, uac=uac)
    await uas.start()
    auth = SipDigestAuth(user, password)
    registration = Registration(uac, f"sip:{user}@{domain}", server, auth=auth)
    registration.register()
    for _ in range(500):
        if registration.state.value == "registered":
            break
        await asyncio.sleep(0.02)
    told["registered"] = registration.state.value == "registered"
    wrong = SipDigestAuth(user, password + "x")
    told["wrong_password"] = await refused(uac, user, number, domain, server, wrong)
    told["no_such_number"] = await refused(uac, user, "112", domain, server, auth)

    heard = asyncio.get_running_loop().create_future()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        mine = probe.getsockname()[1]
    session = await RTPSession.create(
        local_addr=(HOST, mine), remote_addr=(HOST, 9), payload_type=8, dtmf_payload_type=101
    )
    session.on_dtmf = lambda digit, duration: heard.done() or heard.set_result(digit)
    call = uac.send_invite(
        f"sip:{user}@{domain}", f"sip:{number}@{domain}", server, build_sdp(HOST, mine, 8, "PCMA"), auth=auth
    )
    await call.wait_answered(20)
    told["answered"] = True
    session.update_remote(call.sdp_answer.rtp_address)
    frame = b"".join(struct.pack("<h", int(6000 * math.sin(n / 3))) for n in range(160))
    for _ in range(1500):
        session.send_audio_pcm_auto(frame)
        await asyncio.sleep(0.02)
        if heard.done():
            break
    told["key"] = heard.result() if heard.done() else ""
    call.hangup(uac)
    await asyncio.sleep(0.2)
    await session.close()
    await uas.stop()
    sys.stdout.write(json.dumps(told) + "\n")


asyncio.run(main(*sys.argv[1:7]))
