"""`python -m bench.peers.run_peer NAME VERB`: `prepare`, `enqueue` or `work` of `with_<NAME>.py`, in the peers' own
environment."""

from __future__ import annotations

import importlib
import sys

import uvloop

if __name__ == "__main__":
    uvloop.run(getattr(importlib.import_module(f"bench.peers.with_{sys.argv[1]}"), sys.argv[2])())
