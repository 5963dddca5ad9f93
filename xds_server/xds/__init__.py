"""The xDS protocol and its server: cache, protocol, codec, transport."""
