"""Gather the words of what the program has written, so that they are found. Off the way of the messages themselves: a
worker does it by the minute, in the order of ids; two at once do nothing twice."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from priyom.foundation.clock import now
from priyom.inbox.search import sql

SETTLED = timedelta(minutes=10)
"""A message that old has no older neighbour whose transaction is still open and whose id would be passed over."""
AT_ONCE = 2000
MOST_STEPS = 50


def gather() -> int:
    """Take what is due, at most so much; how many messages were gone through."""
    taken = 0
    for _ in range(MOST_STEPS):
        with connection.cursor() as cursor:
            cursor.execute(sql["gather"], {"most": AT_ONCE, "before": now() - SETTLED})
            row = cursor.fetchone()
        step = int(row[0]) if row else 0
        taken += step
        if step < AT_ONCE:
            break
    return taken
