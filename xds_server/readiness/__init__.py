"""What may be served, and when the server says that it is ready."""
