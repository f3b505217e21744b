"""`make bench`: each figure with its baseline in the same run."""
