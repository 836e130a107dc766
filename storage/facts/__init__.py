"""Facts and samples: written, read back and retracted; and the offsets that were finished."""
