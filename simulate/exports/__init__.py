"""Exports of phones and apps, written with a known truth. They know nothing of our readers."""
