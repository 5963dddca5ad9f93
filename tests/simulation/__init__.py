"""The real parts of the server among model proxies and a hostile API server, under virtual time."""
