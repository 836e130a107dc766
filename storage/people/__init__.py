"""Patients, clinicians, accounts, consents, profiles, prescriptions, link tokens.

Bodies that wait for a link.
"""
