"""Words of the pages as template tags."""
