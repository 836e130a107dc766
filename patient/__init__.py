"""The patient door: patients' own pages, their reports, and the connecting of their accounts."""
