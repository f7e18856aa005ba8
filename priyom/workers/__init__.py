"""The loops: deliver, react, advance, interpret, reconcile, jobs."""
