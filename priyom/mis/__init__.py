"""One folder a dialect of medical systems, nothing else. None yet: visits come as CloudEvents and as tables."""
