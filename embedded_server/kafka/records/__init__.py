"""Records: produced one at a time or in bulk, tailed, read, and turned into events of the journal."""
