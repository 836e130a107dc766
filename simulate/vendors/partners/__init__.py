"""Vendors at which nobody signs in through Kadens: Huawei, and Fitbit after its end."""
