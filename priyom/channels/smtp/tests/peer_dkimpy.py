"""Verifies a letter with dkimpy, as it is and bent. Arguments: the letter's file, the DNS name, the TXT record."""

import json
import sys
from pathlib import Path

import dkim

path, where, text = sys.argv[1:]
RAW = Path(path).read_bytes()


def dns(name: bytes, timeout: int = 5) -> bytes | None:
    return text.encode() if name.rstrip(b".").decode() == where else None


def verified(raw: bytes) -> bool:
    return bool(dkim.verify(raw, dnsfunc=dns))


head, _, body = RAW.partition(b"\r\n\r\n")
folded = head.replace(b"Subject: ", b"Subject:\r\n  ") + b"\r\nX-Relay: x"
reflowed = folded + b"\r\n\r\n" + body.replace(b"\r\n--", b" \r\n--") + b"\r\n"
spoiled = {
    "body": RAW[:-40] + b"A" + RAW[-39:],
    "subject": RAW.replace(b"Subject: ", b"Subject: x"),
    "second_from": b"From: evil@else.example\r\n" + RAW,
    "unsubscribe": RAW.replace(b"/u/t", b"/u/x"),
}
bent = {name: verified(raw) for name, raw in spoiled.items()}
sys.stdout.write(json.dumps({"whole": verified(RAW), "reflowed": verified(reflowed), "spoiled": bent}) + "\n")
