"""What is set of the rules, what a change would do, and how well the rules do. Pure."""
