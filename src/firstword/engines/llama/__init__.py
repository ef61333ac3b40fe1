"""Chat models on this machine, by llama.cpp: SmolLM2-135M from the store, and any GGUF file on the disk.

The runtime is in a process of its own, whose end is a restart and no more. It is asked by the client of
`engines.upstream`, as Ollama or OpenAI is.
"""

from firstword.engines.llama.plugin import plugin

__all__ = ["plugin"]
