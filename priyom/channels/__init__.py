"""One folder a channel, nothing else: the card, `send.py`, `receive.py`, `emulator.py`, a README and tests."""
