"""Kills the program at every line of a message's way, out and in, and balances the books afterwards.

`points` finds the lines, `tracer` strikes at one of them, `victim` is the process that is struck (`zygote` forks one
for each kill), `gateways` are the vendors and the patients' phones. `out` is the way of a message to the phone, with
its `books`; `back` the way of an answer to the visit. `make chaos` strikes everywhere and prints a table;
`journeys/test_chaos.py` takes a sample.
"""
