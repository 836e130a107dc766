"""The parts of taking in a body: who it is of, its envelope, and its way to the log."""
