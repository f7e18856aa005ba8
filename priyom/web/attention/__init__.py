"""What needs a person: the way to the doubts, failed updates, parked facts, unhealthy channels."""
