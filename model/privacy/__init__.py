"""What is stated about privacy: why data is kept, who processes it, and where. Pure values."""
