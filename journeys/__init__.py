"""Walks through the whole house, told as stories, with real processes."""
