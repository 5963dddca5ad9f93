"""Makes `envoy/encoders` from envoy-data-plane's own metadata. Not imported when we serve: `make encoders` runs it.

`table` says for which messages, `fields` reads the metadata, `source` writes the code, and `models` encodes any model
of the package by code that is made in the same way, on demand.
"""
