"""What the doors are given at their start that they must not know themselves."""
