"""The embedded Kafka broker's logs on disk: a folder for each partition, in Kafka's own formats, whole after ``kill -9``."""
