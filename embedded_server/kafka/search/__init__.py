"""Looking through topics: for a text in what people read, or for what a filter lets through."""
