"""Chat models behind somebody's HTTP: Ollama, vLLM, llama.cpp, OpenAI, whoever speaks OpenAI's completions.

The settings name them, one by one. `completions` is the client, which `engines.llama` uses too.
"""

from firstword.engines.upstream.plugin import plugin

__all__ = ["plugin"]
