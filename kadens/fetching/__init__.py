"""Commands about what is fetched from vendors."""
