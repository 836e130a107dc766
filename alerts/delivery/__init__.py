"""Delivers the outbox: one loop, and a table of the ways on which a message leaves.

It sends what is in the outbox and decides nothing about alerts. Mail, SMS and nudges carry no
health data and no name: only that the app is to be opened, and where.
"""
