"""Priyom: how a clinic talks with its patients, so that no visit stays silent."""

__version__ = "0.1.0"
