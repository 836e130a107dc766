"""What the law asks to be known of every kind of record about a patient. Pure values."""
