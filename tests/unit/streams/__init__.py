"""Unit tests of the streams capability."""
