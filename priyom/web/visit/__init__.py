"""One visit: its timeline, its next step, and what a registrar can do with it."""
