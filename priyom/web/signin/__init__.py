"""In, out, and what a person sets for themselves."""
