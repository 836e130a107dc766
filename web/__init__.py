"""What both HTTP doors share: a server with limits on heads, connections, bodies and refusals."""
