"""What can go wrong with one attempt. Each error has exactly one consequence, drawn in `delivery/settle.py`."""

from __future__ import annotations


class ChannelError(Exception):
    """Base. `text` is for people, `code` is the vendor's own."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class Unavailable(ChannelError):
    """The gateway is down or unreachable and has not taken the message: try this account later."""


class Throttled(ChannelError):
    """Too fast: slow this account for `after` seconds. The message was not taken."""

    def __init__(self, text: str, after: float, code: str = "") -> None:
        super().__init__(text, code)
        self.after = after


class Rejected(ChannelError):
    """The vendor refused this very message; repeating it would change nothing. The route goes on."""


class NotReachable(ChannelError):
    """This address has no such channel (never started the bot, no such number): remember it, the route goes on."""


class OptedOut(ChannelError):
    """The person blocked or stopped us on this channel: withdraw the channel, the route goes on."""


class Misconfigured(ChannelError):
    """The account itself is at fault (token, money, certificate): pause it and tell the clinic."""


class Uncertain(ChannelError):
    """The request went out and no answer came: the message may or may not stand. Never blindly repeated."""


class Forged(Exception):
    """A webhook without the right secret or signature: answered 403, nothing is stored."""


class Malformed(Exception):
    """A webhook that cannot be understood: kept and shown. `text` says what and where."""
