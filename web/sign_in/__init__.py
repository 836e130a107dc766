"""Sign-in by OpenID Connect as every door shares it: pure checks, the provider's client, signed cookies."""
