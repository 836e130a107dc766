"""Apple Health exports: how they are cleaned, cut into pieces and read."""
