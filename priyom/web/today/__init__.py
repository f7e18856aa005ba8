"""The day's visits of a branch, with what is known of each."""
