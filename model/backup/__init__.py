"""What a backup is made of: sealed frames, records in them, and the list of erasures. No I/O."""
