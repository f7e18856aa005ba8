"""Tests of the sandbox: its contract with tiny fake channels, the walk of the clock, the demo clinic, the page."""
