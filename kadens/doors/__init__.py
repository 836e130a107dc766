"""What the program hands to the patient door, which must not know Kafka: the log for reports."""
