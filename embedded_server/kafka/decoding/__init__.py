"""Keys and values as what they mean: read from bytes and written to them, with a report of why something did not fit."""
