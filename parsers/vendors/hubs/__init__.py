"""Readers of hubs: services that pass on what the watches of other vendors measured."""
