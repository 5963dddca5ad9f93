"""One process: settings, wiring, start and stop."""
