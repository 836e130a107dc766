"""The program: commands, settings, and what each process is built from. Nothing runs on import."""
