"""Access to the database: pool, arrays, binary columns, rows, migrations, roles, encryption."""
