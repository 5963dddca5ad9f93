"""What an operator sees: logs, metrics, the timeline and the HTTP pages."""
