"""Patients' pages: no account, one question a page. The buttons of letters lead here (`notifications.links`). A GET
only shows, a POST acts, through the same verbs of `appointments` and `consent` as everybody else.
"""
