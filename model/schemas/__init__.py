"""The shapes of what goes over a wire or comes from a file, as JSON Schemas made from the types."""
