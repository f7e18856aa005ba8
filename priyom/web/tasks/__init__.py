"""Call tasks, one after another."""
