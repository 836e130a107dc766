"""The commands of `kadens`, a file a theme. Thin: they read arguments, call, print, and set the exit code."""
