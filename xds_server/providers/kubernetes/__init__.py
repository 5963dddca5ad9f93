"""Objects from a Kubernetes API server: list and watch per kind, on kopf's client layer."""
