"""The one place that loads onnxruntime, and how its sessions are opened and run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from firstword.core.errors import EngineError


def onnxruntime() -> Any:
    """Imports onnxruntime, silenced.

    Without `ORT_DISABLE_TELEMETRY` before the first import, onnxruntime 1.31 writes under the user's
    cache directory, starts a thread and looks up a telemetry host. Where numpy is not loaded yet,
    OpenBLAS is kept to one thread as well: the sessions bring their own.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import onnxruntime

    return onnxruntime


def open_session(graph: bytes, threads: int = 1, *, config: Mapping[str, str] | None = None) -> Any:
    """A session on the CPU; threads may share it.

    Args:
        graph: a serialized model.
        threads: for each call; 1 is best where several run at once.
        config: further entries of onnxruntime's session configuration.

    Raises:
        ValueError: onnxruntime does not take it.
    """
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    for key, value in (config or {}).items():
        options.add_session_config_entry(key, value)
    try:
        return runtime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have nothing else in common
        raise ValueError(f"onnxruntime refuses it: {type(error).__name__}") from error


def run(session: Any, fed: Mapping[str, Any], outputs: Sequence[str] | None = None) -> Any:
    """The outputs of that name, by default all, for these inputs.

    Raises:
        EngineError: the runtime failed.
    """
    try:
        return session.run(outputs, fed)
    except Exception as error:  # as above
        raise EngineError("The model failed.") from error
