"""Sign-in of patients by an OpenID Connect provider, which names them by their personal number."""
