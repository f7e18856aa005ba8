"""Working together: who is at the desk, the supervisor's view, and how the desk is set up."""
