"""Staff pages: one folder per screen, and the one live stream."""
