"""Kills the program at every line of a message's way, out and in, and balances the books afterwards.

`points` finds the lines, `tracer` strikes at one of them, `victim` is the process that is struck (`zygote` forks one for
each kill), `gateways` are the vendors and the patients' phones, `books` says what was lost or doubled. `make chaos`
strikes everywhere and prints a table; `journeys/test_chaos.py` takes a sample.
"""
