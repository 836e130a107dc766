"""What the worker does by itself about patients' accounts and requests."""
