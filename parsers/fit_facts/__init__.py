"""A FIT file to facts: its sessions as workouts, its records as sample blocks. Pure."""
