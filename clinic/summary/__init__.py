"""The follow-up summary: one page about a patient, for the journal.

Its figures are made once (`figures`) and worded once (`wording`); page, text and PDF lay out the
same words.
"""
