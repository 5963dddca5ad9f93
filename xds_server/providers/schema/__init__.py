"""The shapes of objects as the Kubernetes API has them, and how each becomes a flat value. One module per kind."""
