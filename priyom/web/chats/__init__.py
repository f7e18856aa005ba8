"""Conversations with patients over all channels."""
