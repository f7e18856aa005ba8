"""Tests of patients' pages."""
