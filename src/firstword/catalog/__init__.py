"""Which model, which voice: entries, aliases, and the one place that resolves names."""
