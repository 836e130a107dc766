"""The vendor door: verify, append to Kafka, answer. It parses nothing and reaches no database."""
