"""Given these objects, a proxy that requests a type has those resources: the real pipeline, gate and protocol machine."""
