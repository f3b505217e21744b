"""Consumer groups of the embedded Kafka broker: members, who reads what, and how far they have come."""
