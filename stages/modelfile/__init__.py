"""The model as one JSON document: written to the bit, read without trust."""
