"""What `firstword bench` and `benchmarks/` share: a listener, its clock, and statistics."""
