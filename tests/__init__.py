"""Tests of the house as a whole: how it starts, and the laws its rooms keep."""
