"""Files of any kind and size on their way through the vendor door."""
