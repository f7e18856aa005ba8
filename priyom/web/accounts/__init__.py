"""Channel accounts: list, set-up, live check."""
