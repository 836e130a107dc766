"""Who receives what leaves this system: read from the secrets file, and commands about messages."""
