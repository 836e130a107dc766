"""Settings of the rules, findings that raise no alert, and figures of how well rules do."""
