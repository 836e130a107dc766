"""What Polar pushes and answers: cues, days, and the lists of its fourth interface."""
