"""Commands about vendors' accounts: connect, connections, fetches; links to the patient door."""
