"""The blip: what a restarted control plane does to live traffic, with the gate off and with each mode."""
