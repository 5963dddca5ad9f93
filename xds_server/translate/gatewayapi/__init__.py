"""The rules of the Gateway API: pure functions from objects to routing values, one module per question."""
