"""All SQL of Kadens: the only package that talks to the database."""
