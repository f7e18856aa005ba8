"""MAX passes the contract's suite."""

from __future__ import annotations

from priyom.contracts.channel_suite import ChannelSuite


class TestContract(ChannelSuite):
    """Everything as the suite has it."""

    key = "max_messenger"
    address = "210045"
    other_address = "210046"
