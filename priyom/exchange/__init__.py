"""Takes visits and patients from other systems (CloudEvents, tables) and matches them with ours.

Called by `api`, `web` and the command line; what it takes becomes verbs of `patients` and `appointments`.
"""
