"""Code that both HTTP doors share: the server with its limits, sign-in, problems and API pages."""
