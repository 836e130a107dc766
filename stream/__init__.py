"""The worker: Faust agents as thin shells over parsers, compute and storage."""
