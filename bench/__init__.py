"""Benchmarks, printed as ratios side by side in one run; the figures stand in RESULTS.md."""
