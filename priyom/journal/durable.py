"""What can be seen need not be durable. Where a commit waits for a standby, a session that is cut off or told to hurry
meanwhile leaves rows that everybody sees and no standby has; and whoever finds such a row has nothing to commit, so
nothing would make them wait either.

Whoever tells somebody outside «we have it» because of what was found, without a write of their own, makes one.
"""

from __future__ import annotations

from django.db import connection

# A word in the write-ahead log and nowhere else. A commit with it waits as every other does, and by then the standby
# has all that was committed before.
STATEMENT = "SELECT pg_logical_emit_message(true, 'priyom', 'again')"


def with_all_before() -> None:
    """The commit of the transaction now under way ends when everything seen in it is durable."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT)
