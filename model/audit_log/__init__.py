"""The audit log as values: its chain and heads, spot checks, and its rows in plain words."""
