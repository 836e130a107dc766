"""Rows of the fetcher: what is due, the accounts with their tokens, the budgets of vendors."""
