"""Rows of patients, clinicians, accounts, consents, heart profiles, sign-ins and link tokens."""
