"""Who may start a response now. Refusing early is kinder than breaking up later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from firstword.core.errors import RateLimited, ServerBusy


class Admission:
    """Counts responses in flight and refuses those that would break quality.

    Args:
        max_streams: responses at once.
        max_per_caller: responses at once for one caller; None for no limit.
        max_late_s: how late the worst-served step may be when a response is admitted.
        late_s: tells how late it is.
    """

    def __init__(
        self,
        *,
        max_streams: int,
        max_per_caller: int | None = None,
        max_late_s: float,
        late_s: Callable[[], float],
    ) -> None:
        self._max_streams = max_streams
        self._max_per_caller = max_per_caller
        self._max_late_s = max_late_s
        self._late_s = late_s
        self._callers: Counter[str] = Counter()
        self.draining = False

    @property
    def active(self) -> int:
        """Responses admitted and not yet ended."""
        return self._callers.total()

    @contextmanager
    def admit(self, caller: str) -> Iterator[None]:
        """Holds a place for one response of `caller`.

        Raises:
            RateLimited: the caller has too many responses running.
            ServerBusy: the server is draining, full, or behind.
        """
        if self.draining:
            raise ServerBusy("The server is shutting down; try another one.", code="server_draining")
        if self._max_per_caller is not None and self._callers[caller] >= self._max_per_caller:
            raise RateLimited(
                f"You have {self._max_per_caller} responses running, which is your limit; "
                "wait for one to end.",
                retry_after_s=2,
            )
        if self.active >= self._max_streams:
            raise ServerBusy(
                f"The server is making {self._max_streams} responses already; try again shortly.",
                retry_after_s=2,
            )
        if self._late_s() > self._max_late_s:
            raise ServerBusy("The server is behind with its work; try again shortly.", retry_after_s=5)
        self._callers[caller] += 1
        try:
            yield
        finally:
            self._callers[caller] -= 1
            if not self._callers[caller]:
                del self._callers[caller]
