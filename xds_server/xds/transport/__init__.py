"""ADS over gRPC: the only place that knows grpc."""
