"""A mini xDS control plane with gated readiness."""

__version__ = "0.1.0"
