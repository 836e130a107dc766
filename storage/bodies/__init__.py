"""Payloads as they came: kept, sealed, quarantined, discarded, or refused."""
