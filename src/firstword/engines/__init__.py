"""One module or folder per model; each offers an `EnginePlugin` through an entry point."""
