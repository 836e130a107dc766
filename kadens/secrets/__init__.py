"""The secrets file: what it holds, how it is read, watched and rewritten."""
