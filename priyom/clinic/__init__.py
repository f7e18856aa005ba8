"""The clinic itself: branches and their zones, services, practitioners, staff, roles, API keys and house rules.
Called by every room above; records no facts."""
