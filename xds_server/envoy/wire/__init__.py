"""The Protobuf wire format: readers and writers of fields."""
