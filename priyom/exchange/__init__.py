"""Takes visits and patients from other systems (CloudEvents, tables), matches them by the source's own ids, calls the
verbs of `patients` and `appointments`. Called by `api`, `web` and the command line; records no facts of its own."""
