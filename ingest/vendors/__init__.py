"""One connector a file; the list is in ingest/connector.py."""
