"""Tests of the room `alerts`."""
