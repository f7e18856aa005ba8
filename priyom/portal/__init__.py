"""Patients' pages: no account, one question a page."""
