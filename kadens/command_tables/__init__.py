"""The table of the commands, by what they are about; `kadens.cli` joins its parts in order."""
