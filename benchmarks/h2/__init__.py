"""A pre-framed HTTP/2 transport behind the seam of `transport.stream.Call`, to be measured beside grpc.aio; no product."""
