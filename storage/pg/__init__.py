"""The database as such: pool, arrays, binary columns, rows, migrations, roles, encryption.

Knows no fact.
"""
