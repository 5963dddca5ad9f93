"""What tests, benchmarks and the demo share: processes, a real Envoy, an API server, clients, builders, a clock."""
