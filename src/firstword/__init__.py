"""firstword: a self-hosted, OpenAI-compatible speech server in which audio starts at the first word."""

__version__ = "0.1.0"
