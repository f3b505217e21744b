"""Unit tests of what the Streams panel knows without Qt."""
