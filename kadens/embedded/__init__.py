"""Kafka and PostgreSQL as programs on this machine, without Docker.

Production shares two modules: `topics`, and `guard`, which ends children with their parent. Nothing
here knows what Kadens does with a broker or a database.
"""
