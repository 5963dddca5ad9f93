"""The xDS protocol without I/O: it knows neither bytes nor time."""
