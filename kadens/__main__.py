"""`python -m kadens` is the program `kadens`."""

from kadens.cli import main

main()
