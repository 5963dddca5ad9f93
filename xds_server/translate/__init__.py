"""Gateway API objects to routing values: pure functions, one module per question."""
