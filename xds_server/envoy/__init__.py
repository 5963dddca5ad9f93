"""Envoy's messages as bytes.

`encoders` has a function for each message, made from envoy-data-plane by `generate`; the modules beside it say what we
send. No class of a message is imported when we serve. See docs/decisions/0003-encoders-without-betterproto.md.
"""
