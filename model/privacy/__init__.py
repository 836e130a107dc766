"""What is stated about privacy as plain values: who processes data for this clinic, and where."""
