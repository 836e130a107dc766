"""The rows of the table of formats (`parsers.formats`), by who sends what is read."""
