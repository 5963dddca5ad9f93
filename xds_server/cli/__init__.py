"""What is typed: one module per verb."""
