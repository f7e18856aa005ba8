"""Telegram passes the contract's suite."""

from __future__ import annotations

from priyom.contracts.channel_suite import ChannelSuite


class TestContract(ChannelSuite):
    """Everything as the suite has it."""

    key = "telegram"
    address = "500100200"
    other_address = "500100201"
