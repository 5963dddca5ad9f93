"""Writing back to the API server: conditions on Gateways and routes, by one replica at a time, and Events.

Nothing here is needed to serve, or to be ready: what cannot be written is tried again, and read by nobody else.
"""
