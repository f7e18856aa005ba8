"""What needs a person: uncertain deliveries, failed updates, parked facts, unhealthy channels."""
