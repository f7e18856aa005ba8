"""A clinic's network on one computer: each machine is a network namespace of its own, a router joins them, and the
router can lose the packets from any machine to any other, in one direction or both. On the machines run a PostgreSQL
with a standby, workers, a web process and a counting gateway, all of them real. Needs root; nothing is sent outside."""
