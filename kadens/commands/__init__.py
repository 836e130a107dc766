"""The commands of `kadens`, one file per theme: they read arguments, call, print, and exit."""
