"""Benchmarks of krt."""
