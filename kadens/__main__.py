"""`python -m kadens` is the program `kadens`."""

from .cli import main

main()
