"""Patients, clinicians, accounts, consents, profiles, prescriptions, link tokens, and bodies that wait for a link."""
