"""Encoders of Envoy's messages, a module for each proto package; made by `make encoders`."""
