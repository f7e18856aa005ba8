"""Search, and one patient's card."""
