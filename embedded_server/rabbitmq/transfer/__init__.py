"""Moving and redriving messages: the copy arrives before the original is let go."""
