"""The vendor door: it verifies a body, appends it to Kafka, and answers.

It parses no payload and has no database.
"""
