"""Encoded resources, and the tables from which streams are served."""
