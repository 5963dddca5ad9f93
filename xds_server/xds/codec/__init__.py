"""Discovery messages as bytes, in both directions."""
