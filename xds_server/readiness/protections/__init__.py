"""Protections of what is served: a fault of the input takes nothing away at once."""
