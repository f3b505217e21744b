"""Accounts and signed-in tokens."""
