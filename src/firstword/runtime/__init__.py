"""Keeps models alive and busy: loading, scheduling, admission, metrics."""
