"""The page on which a patient reports: the form, its checks, and the log that takes answers."""
