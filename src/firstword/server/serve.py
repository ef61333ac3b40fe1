"""The process: a socket with a bounded send buffer, uvicorn, and an orderly end."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from firstword.assembly import Application, assemble
from firstword.core.errors import ConfigurationError
from firstword.formats import registry
from firstword.runtime.supply import Reporting, silence
from firstword.server import logs
from firstword.server.app import create_app
from firstword.server.auth import Keyring, require_safe_binding
from firstword.server.limits import bounded_protocol
from firstword.server.sockets import SocketProtocol
from firstword.settings import Settings

BACKLOG = 2048


class Server(uvicorn.Server):
    """uvicorn, which tells the application when it begins to drain."""

    def __init__(self, config: uvicorn.Config, application: Application) -> None:
        super().__init__(config)
        self._application = application

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On SIGTERM and SIGINT: running responses finish, new ones are told 503."""
        self._application.admission.draining = True
        super().handle_exit(sig, frame)


def listen(settings: Settings) -> socket.socket:
    """A listening socket; what it accepts inherits the small send buffer.

    The kernel's own choice swallows a minute of pcm, which would be made for nobody when a listener
    leaves.

    Raises:
        ConfigurationError: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, settings.send_buffer_bytes)
        _give_up_on_silence(listening, settings.stall_timeout_s)
        listening.bind((settings.host, settings.port))
        listening.listen(BACKLOG)
    except OSError as failure:
        listening.close()
        raise ConfigurationError(
            f"Cannot listen on {settings.host}:{settings.port}: {failure.strerror}. "
            "Choose another with --port (0 picks a free one)."
        ) from failure
    return listening


def _give_up_on_silence(listening: socket.socket, seconds: float) -> None:
    """Has the kernel drop connections whose peer takes nothing, also after a response has ended.

    Linux only; elsewhere such a connection lives until its peer goes.
    """
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * seconds))


def make_server(settings: Settings, reporting: Reporting = silence) -> Server:
    """A server, wired and not yet running.

    Args:
        settings: how.
        reporting: opened for each fetch of missing models, in its thread.

    Raises:
        ConfigurationError: the settings do not fit together.
    """
    require_safe_binding(
        settings.host, keys=Keyring(settings.api_keys), allow_anonymous=settings.allow_anonymous
    )
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise ConfigurationError("--tls-cert and --tls-key go together; one of them is missing.")
    for file in filter(None, (settings.tls_cert, settings.tls_key)):
        if not file.is_file():
            raise ConfigurationError(f"There is no TLS file {file}.")
    application = assemble(settings, warm_first=registry.warm, reporting=reporting)
    config = uvicorn.Config(
        create_app(application),
        http=bounded_protocol(settings.max_header_bytes, settings.request_timeout_s),
        log_config=logs.config(settings.log_level, settings.log_format),
        log_level=settings.log_level,
        access_log=settings.log_level == "debug",
        timeout_graceful_shutdown=settings.drain_s,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        server_header=False,
        ws=SocketProtocol,  # reads one message at a time: a writer is held back by not reading
        ws_max_size=settings.max_message_bytes,
        ws_per_message_deflate=False,  # audio does not get smaller, only later
        ws_ping_interval=20,
        lifespan="on",
    )
    return Server(config, application)


def serve(
    settings: Settings,
    on_listening: Callable[[str], None] = lambda url: None,
    reporting: Reporting = silence,
) -> None:
    """Serves until SIGTERM or SIGINT.

    Args:
        settings: how.
        on_listening: called with the server's URL once its port is taken.
        reporting: see `make_server`.

    Raises:
        ConfigurationError: the settings do not fit together, or the port is taken.
    """
    server = make_server(settings, reporting)
    with listen(settings) as listening:
        scheme = "https" if settings.tls_cert else "http"
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        on_listening(f"{scheme}://{host}:{listening.getsockname()[1]}")
        server.run(sockets=[listening])
