"""What leaves this system: the messages, and who receives them."""
