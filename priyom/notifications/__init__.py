"""One thing to tell one patient: wording, consent, quiet hours, and the route from channel to channel until the goal is
reached. Records NotificationReached, NotificationExhausted."""
