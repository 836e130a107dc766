"""What the audit log is checked with: its chain, and the signed heads that are kept elsewhere."""
