"""Exolve's reading calls against the suite of channels: nothing to press, nobody to hear an answer."""

from __future__ import annotations

from priyom.contracts.channel_suite import ChannelSuite


class TestContract(ChannelSuite):
    """Any number can be called; a declined call is learned later, by asking."""

    key = "exolve_voice"
    address = "+79161234567"
    other_address = "+79221234567"
    has_unknown = False
    has_blocking = False
    has_buttons = False
    has_replies = False
