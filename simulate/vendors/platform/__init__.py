"""The platform that every simulated vendor stands on: its server, pages, and door over HTTP."""
