"""The commands about the audit log: its chain, and the signed heads that are kept elsewhere."""
