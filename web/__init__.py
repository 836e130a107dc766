"""Code that the HTTP doors share: the server with its limits, sign-in, problems and API pages."""
