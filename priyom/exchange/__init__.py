"""Takes visits and patients from other systems (CloudEvents, tables) and matches them with ours."""
