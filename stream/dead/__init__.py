"""Dead letters: messages that could not be worked on, and what a person does about them."""
