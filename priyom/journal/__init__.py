"""Facts: what happened, in typed rows. `record` writes one in the caller's transaction; `react` hands each to the rooms
above that asked for it. Everybody records; nobody calls upward."""
