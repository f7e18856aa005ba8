"""Counts for screens and for Prometheus."""
