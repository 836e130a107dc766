"""Bodies as received: kept, sealed, discarded, and those that were refused."""
