"""Composition: how text becomes bytes, without HTTP and without model names."""
