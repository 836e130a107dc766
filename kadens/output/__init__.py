"""How results leave the program: safe text, tables for people, files for programs."""
