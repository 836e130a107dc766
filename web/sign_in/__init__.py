"""Sign-in by OpenID Connect for every door: checks, the provider's client and signed cookies."""
