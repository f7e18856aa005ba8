"""The parts by themselves: messages on the wire, credentials, sound, keys, and the words that are said."""

from __future__ import annotations

import asyncio
import math
import wave
from array import array
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.channels.sip_voice import CARD, digest, outcomes, rtp, sdp, speech, words
from priyom.channels.sip_voice.audio import BadSound, decode, encode, read_wav, resample, tone
from priyom.channels.sip_voice.numerals import cardinal, clock, ordinal, spoken
from priyom.channels.sip_voice.sip import BadSip, SipMessage, address_uri, parameters, read, split_list, uri_parts
from priyom.channels.sip_voice.tones import PAD, Ear, pitches_of
from priyom.channels.sip_voice.wire import NoReply, Wire
from priyom.channels.sip_voice.words import Sentence
from priyom.contracts.errors import Misconfigured, NotReachable, Rejected, Throttled, Unavailable
from priyom.contracts.message import Button, Message, Outgoing

INVITE = (
    b"INVITE sip:1@h SIP/2.0\r\nv: SIP/2.0/UDP a:1;branch=z9hG4bK1;rport, SIP/2.0/UDP b;branch=z9hG4bK2\r\n"
    b'f: "A, \\"B\\"" <sip:a@h;x=1>;tag=t1\r\nt: <sip:1@h>\r\ni: c1\r\nCSeq: 7 INVITE\r\nm: <sip:a@h>\r\nl: 3\r\n'
    b"Subject: one\r\n two\r\n\r\nabcdef"
)


def test_a_message_is_read() -> None:
    message = read(INVITE)
    assert (message.method, message.uri, message.cseq, message.branch) == (
        "INVITE",
        "sip:1@h",
        (7, "INVITE"),
        "z9hG4bK1",
    )
    assert (message.get("from"), message.tag("from")) == ('"A, \\"B\\"" <sip:a@h;x=1>;tag=t1', "t1")
    assert (len(message.all("via")), message.body, message.get("subject")) == (2, b"abc", "one two")


def test_what_is_written_reads_the_same() -> None:
    message = read(INVITE)
    again = read(message.write())
    assert again.body == message.body
    assert [h for h in again.headers if h[0] != "content-length"] == [
        h for h in message.headers if h[0] != "content-length"
    ]


@given(st.binary(max_size=600) | st.tuples(st.integers(0, len(INVITE)), st.binary(max_size=9)).map(
    lambda cut: INVITE[: cut[0]] + cut[1] + INVITE[cut[0] :]
))  # fmt: skip
def test_strangers_bytes_do_no_harm(data: bytes) -> None:
    with suppress(BadSip):
        message = read(data)
        assert message.cseq[0] >= 0
        for name in ("via", "contact", "route"):
            for value in message.all(name):
                parameters(value)
                uri_parts(address_uri(value))
        message.write()
    with suppress(sdp.NoCommonSound):
        sdp.agree(data)
    rtp.unpack(data)


@given(st.lists(st.sampled_from(["<sip:a,b@h>", '"x,y" <sip:z@h>', "sip:q@h;lr", "*"]), min_size=1))
def test_lists_are_taken_apart_where_they_may_be(parts: list[str]) -> None:
    assert split_list(", ".join(parts)) == parts


def test_credentials_match_the_rfc() -> None:
    """The examples of RFC 7616, section 3.9.1, and of RFC 2617, section 3.5."""
    given_ = {
        "username": "Mufasa", "realm": "http-auth@example.org", "uri": "/dir/index.html", "qop": "auth",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    }  # fmt: skip
    md5, sha = {**given_, "algorithm": "MD5"}, {**given_, "algorithm": "SHA-256"}
    assert digest.response(md5, "Circle of Life", "GET") == "8ca523f5e9506fed4657c9700eebdbec"
    expected = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    assert digest.response(sha, "Circle of Life", "GET") == expected


@given(st.sampled_from(["MD5", "SHA-256", ""]), st.sampled_from(['qop="auth,auth-int", ', ""]))
def test_a_challenge_is_answered_and_the_answer_checked(algorithm: str, qop: str) -> None:
    named = f", algorithm={algorithm}" if algorithm else ""
    challenge = f'Digest realm="r, s", {qop}nonce="n=1"{named}, opaque="o"'
    given_ = digest.fields(digest.answer(challenge, "u", "p", "INVITE", "sip:1@h"))
    assert digest.right(given_, "u", "p", "INVITE")
    assert not digest.right(given_, "u", "q", "INVITE")
    assert not digest.right(given_, "u", "p", "BYE")
    assert given_["opaque"] == "o"


@pytest.mark.parametrize(
    "odd", ['Basic realm="r"', 'Digest realm="r", nonce="n", algorithm=MD6', 'Digest qop="x", nonce="n"']
)
def test_odd_challenges_are_not_answered(odd: str) -> None:
    with pytest.raises(digest.CannotAnswer):
        digest.answer(odd, "u", "p", "INVITE", "sip:1@h")


@pytest.mark.parametrize("codec", [sdp.PCMA, sdp.PCMU])
@given(sample=st.integers(-32768, 32767))
def test_sound_survives_its_coding(codec: int, sample: int) -> None:
    [back] = decode(encode([sample], codec), codec)
    assert abs(back - sample) <= max(24, abs(sample) // 14)


def test_known_codes_of_g711() -> None:
    """Silence and the loudest sample, by the tables of ITU-T G.711."""
    assert encode([0, 32767, -32768], sdp.PCMU)[1:] == b"\x80\x00"
    assert encode([8, 32767, -32768], sdp.PCMA) == b"\xd5\xaa\x2a"


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
def test_any_common_rate_keeps_its_pitch(rate: int) -> None:
    samples = array("h", [int(9000 * math.sin(2 * math.pi * 400 * n / rate)) for n in range(rate)])
    made = resample(samples, rate)
    assert abs(len(made) - 8000) <= 2
    crossings = sum(1 for a, b in pairwise(made[500:7501]) if a < 0 <= b)
    assert abs(crossings - 350) <= 2


def test_what_is_above_the_telephone_is_taken_out() -> None:
    hiss = array("h", [int(9000 * math.sin(2 * math.pi * 7000 * n / 22050)) for n in range(22050)])
    assert max(map(abs, resample(hiss, 22050)[200:-200])) < 600


@pytest.mark.parametrize("data", [b"", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + b"\x07\0" * 8])
def test_what_is_no_wav(data: bytes) -> None:
    with pytest.raises(BadSound):
        read_wav(data)


@pytest.mark.parametrize("codec", [sdp.PCMA, sdp.PCMU])
@pytest.mark.parametrize("key", "".join(PAD))
def test_keys_are_heard_in_the_sound(key: str, codec: int) -> None:
    ear, heard = Ear(), ""
    pressed = tone(0.09, pitches_of(key), 9000)
    sound = encode(tone(0.05, (50,), 40) + pressed + array("h", [0] * 800) + pressed, codec)
    for at in range(0, len(sound), 160):
        heard += ear.hear(sound[at : at + 160], codec)
    assert heard == key * 2


@given(st.floats(150, 3400), st.floats(150, 3400))
def test_other_sounds_are_no_keys(one: float, other: float) -> None:
    """Only two pitches of the pad, both within 4 % of what they should be, may pass."""
    key = Ear().hear(encode(tone(0.15, (one, other)), sdp.PCMA), sdp.PCMA)
    if key:
        right = sorted(pitches_of(key))
        assert all(abs(a - b) < 0.04 * b for a, b in zip(sorted((one, other)), right, strict=True))


@given(st.sampled_from(rtp.KEYS), st.integers(0, 2**32), st.integers(1, 20))
def test_key_packets_carry_one_press(key: str, stamp: int, frames: int) -> None:
    packets = [rtp.unpack(data) for data in rtp.key_packets(key, 101, 65_530, stamp, 7, frames)]
    assert {p[1] for p in packets if p} == {stamp & 0xFFFFFFFF}
    assert [p[2][1] >> 7 for p in packets if p] == [0] * frames + [1] * 3
    assert {rtp.KEYS[p[2][0]] for p in packets if p} == {key}


def test_sound_is_agreed() -> None:
    lines = ("v=0", "c=IN IP4 10.0.0.1", "m=audio 4000 RTP/AVP 9 0 96", "c=IN IP4 10.0.0.2")
    body = "\r\n".join((*lines, "a=rtpmap:96 telephone-event/8000", "m=video 1 RTP/AVP 31", "")).encode()
    assert sdp.agree(body) == sdp.Sound("10.0.0.2", 4000, sdp.PCMU, 96)
    assert sdp.agree(sdp.offer("10.0.0.3", 5000, 1)) == sdp.Sound("10.0.0.3", 5000, sdp.PCMA, sdp.OUR_KEYS)
    for bad in (b"", body.replace(b" 9 0 96", b" 9 96"), body.replace(b"4000", b"0"), body.replace(b"10.0.0.2", b"h")):
        with pytest.raises(sdp.NoCommonSound):
            sdp.agree(bad)


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("ru", "Визит чт 26.11 14:00", "Визит четверг, двадцать шестое ноября четырнадцать часов"),
        ("ru", "3 марта в 9:01", "третье марта в девять часов одна минута"),
        ("ru", "в 21:30", "в двадцать один час тридцать минут"),
        ("kk", "26 қараша, 14:30", "жиырма алтыншы қараша, сағат он төрт отыз"),
        ("kk", "жк 30.01", "жексенбі, отызыншы қаңтар"),
        ("ru", "тел. +7 701 123-45-67, кв. 14, 45.99", "тел. +7 701 123-45-67, кв. 14, 45.99"),
        ("ru", "25:00 и 12:60", "25:00 и 12:60"),
    ],
)
def test_times_and_dates_in_words(language: str, text: str, said: str) -> None:
    assert spoken(text, language) == said


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_every_time_and_day_has_words_of_its_own(language: str) -> None:
    assert len({clock(h, m, language) for h in range(24) for m in range(60)}) == 1440
    assert len({ordinal(day, language) for day in range(1, 32)}) == 31
    assert len({cardinal(n, language) for n in range(60)}) == 60
    assert not any(c.isdigit() or "  " in clock(h, 5, language) for h in range(24) for c in clock(h, 5, language))


def test_the_line_of_digits_is_left_to_the_menu() -> None:
    rows = ((Button("Приду", "1:1"),), (Button("Перенести", "1:2"),))
    message = Message("Визит чт 26.11 14:00.\nОтветьте 1 - приду, 2 - перенести", rows=rows)
    made = words.speech(Outgoing("d1", "+77011234567", message), opt_out=True)
    assert made.written == "Визит чт 26.11 14:00."
    assert made.choices == {"1": "1:1", "2": "1:2"}
    assert [s.text for s in made.menu][:2] == [
        "Чтобы подтвердить визит, нажмите один.", "Чтобы перенести визит, нажмите два.",
    ]  # fmt: skip
    assert any("девять" in s.text for s in made.menu)


def test_each_language_has_its_voice() -> None:
    message = Message("Ждем вас завтра.\nСізді ертең күтеміз.", rows=((Button("Приду / Келемін", "1:1"),),))
    made = words.speech(Outgoing("d1", "+77011234567", message), opt_out=False)
    assert [s.language for s in made.matter] == ["ru", "kk"]
    assert made.menu[0] == Sentence("Келетін болсаңыз, бірді басыңыз.", "kk")


@given(st.text(max_size=300), st.lists(st.text(min_size=1, max_size=40), max_size=12))
def test_anything_can_be_said(text: str, labels: list[str]) -> None:
    message = Message(text, rows=tuple((Button(label, f"1:{n}"),) for n, label in enumerate(labels)))
    made = words.speech(Outgoing("d1", "+77011234567", message), opt_out=True)
    assert len(made.choices) == min(8, len(labels))
    assert all(spoken(one.text, one.language) for one in made.matter)


def record(path: Path, seconds: float) -> None:
    """A recording."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(tone(seconds).tobytes())


async def test_recordings_speak_where_they_cover_a_sentence(tmp_path: Path) -> None:
    for name, seconds in (("ждем_вас", 1.0), ("четверг", 0.5), ("двадцать_шестое_ноября", 0.25), ("вас", 3.0)):
        record(tmp_path / "ru" / f"{name}.wav", seconds)
    voice = speech.Voice(str(tmp_path), program=False)
    assert voice.trouble() == ""
    made = await voice.samples((Sentence("Ждём вас: четверг, 26 ноября.", "ru"),))
    assert len(made) == int(1.75 * 8000) + 1600
    with pytest.raises(speech.Mute):
        await voice.samples((Sentence("Ждем вас в пятницу.", "ru"),))


async def test_nothing_to_speak_with(tmp_path: Path) -> None:
    assert "нечем говорить" in speech.Voice("", program=False).trouble()
    assert "папки" in speech.Voice(str(tmp_path / "none"), program=False).trouble()


@pytest.mark.parametrize("language", ["ru", "kk"])
async def test_the_program_speaks_both_languages(language: str) -> None:
    voice = speech.Voice("", program=True)
    if voice.trouble():
        pytest.skip("espeak-ng is not installed")
    text = {"ru": "Ждем вас завтра.", "kk": "Сізді ертең күтеміз."}[language]
    made = await voice.samples((Sentence(text, language),))
    assert 0.5 < len(made) / 8000 < 6
    assert max(made) > 3000


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, Misconfigured), (403, Misconfigured), (402, Misconfigured), (404, NotReachable), (484, NotReachable),
     (503, Unavailable), (500, Unavailable), (488, Rejected), (486, None), (603, None), (408, None)],
)  # fmt: skip
def test_the_trunks_refusals(status: int, kind: type[Exception] | None) -> None:
    error = outcomes.refusal(SipMessage(status=status))
    assert (type(error) if error else None) is kind


@pytest.mark.parametrize(("value", "after"), [("5", 5.0), ("7 (soon);duration=3", 7.0), ("0", 1.0), ("later", 10.0)])
def test_the_trunk_names_a_pause(value: str, after: float) -> None:
    error = outcomes.refusal(SipMessage(status=503, headers=[("retry-after", value)]))
    assert isinstance(error, Throttled)
    assert error.after == after


def test_every_end_has_a_code() -> None:
    assert {outcomes.end_of(status).code for status in range(300, 700)} == {
        "busy", "no-answer", "rejected", "unreachable", "no-such-number", "failed",
    }  # fmt: skip
    assert {s for s in range(300, 700) if outcomes.end_of(s).gone} == {404, 410, 484, 604}


def test_the_card_knows_where_to_call() -> None:
    assert CARD.reaches is not None
    assert CARD.reaches({"prefixes": "+7"}, "+77011234567")
    assert not CARD.reaches({"prefixes": "+77, +998"}, "+79221234567")
    assert CARD.reaches({}, "+442071234567")


async def test_a_lost_datagram_is_sent_again() -> None:
    """The first INVITE and the first answer are lost; the refusal is acknowledged as often as it comes."""
    lost, acks = [1], []

    def serve(message: SipMessage, source: tuple[str, int]) -> SipMessage | None:
        if message.method == "ACK":
            acks.append(message.branch)
            return None
        if lost:
            lost.pop()
            return None
        return message.reply(486, "Busy Here", tag="x")

    theirs, ours = Wire(serve), Wire(lambda message, source: None)
    there, _ = await theirs.open("127.0.0.1"), await ours.open("127.0.0.1")
    try:
        invite = read(INVITE)
        final = await ours.ask(invite, there, within=10)
        assert final.status == 486
        ours.send(invite, there)  # as if our ACK had been lost and theirs came again
        for _ in range(500):
            if len(acks) >= 2:
                break
            await asyncio.sleep(0.01)
        assert acks == [invite.branch] * 2
        assert not lost
    finally:
        theirs.close()
        ours.close()


async def test_silence_is_no_reply() -> None:
    mute, ours = Wire(lambda message, source: None), Wire(lambda message, source: None)
    there, _ = await mute.open("127.0.0.1"), await ours.open("127.0.0.1")
    try:
        with pytest.raises(NoReply):
            await ours.ask(read(INVITE), there, within=0.05)
    finally:
        mute.close()
        ours.close()
