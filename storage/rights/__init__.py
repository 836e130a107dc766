"""What patients may ask of their data: requests, restrictions, and what stays after an erasure."""
