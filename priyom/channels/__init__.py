"""One folder a channel, nothing else. A folder holds the card, `send.py`, `receive.py`, `emulator.py`, a README and tests."""
