"""Commands about the rights of patients, and the files that answer them."""
