"""The demo: our control plane, a real Envoy, and traffic."""
