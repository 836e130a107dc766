"""Facts and their samples: written, read back, retracted; and the offsets they came from."""
