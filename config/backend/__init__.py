"""Django's PostgreSQL with several hosts: see `base`."""
