"""What the demo, the blip, the integration tests and the benchmarks stand on: processes, a real Envoy, backends, load."""
