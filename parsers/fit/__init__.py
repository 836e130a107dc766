"""FIT files as numpy columns. Pure: bytes in, columns or a typed error out."""
