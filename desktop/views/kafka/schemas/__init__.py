"""Schemas of the user's own, and those of the Schema Registry."""
