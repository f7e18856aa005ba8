"""REST by noun, with OpenAPI; thin: parses, calls a room, shows."""
