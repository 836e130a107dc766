"""Commands for whoever handles a request of a patient: what it says, and what it is about."""
