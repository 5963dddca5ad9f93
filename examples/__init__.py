"""What can be run: examples, the demo, the blip, and the rig that they stand on."""
