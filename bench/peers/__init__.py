"""The engine and queues of others doing the same job: reminders with due times go to a gateway that errs, falls silent
and reports late, while visits move and workers are killed. `python -m bench.peers [--quick] [--runs N] [--only a,b]`.

What is the same for all: the plan (`plan.py`), the gateway (`gateway.py`), one PostgreSQL, the moments of the kills,
the counting (`verdict.py`). What differs stands in `contestants.py` and the `with_*` files, which run in an environment
of their own (`install.py`) and never import the program.
"""
