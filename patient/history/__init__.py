"""What a patient sees of their own history: weeks, sessions, answers and corrections."""
