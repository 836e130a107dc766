"""The log itself: messages, producer, offset ledger, transport, watchdog."""
