"""Reads bodies in processes of their own, so that a bad body can cost no more than itself."""
