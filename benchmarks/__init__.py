"""Figures: each module is one command that prints counts and ratios from one run."""
