"""How a server is told to stop: it says so to a proxy first, and turns nobody away until that knows."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_STOPS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """Whether the process was told to stop.

    For `seconds` more it serves whoever asks, and is not ready; not when it is told twice, or by Ctrl-C.
    """

    def __init__(self, seconds: float) -> None:
        """Expect to be told."""
        self.is_told = False
        self._seconds = seconds

    @contextmanager
    def heard(self, stop: Callable[[], None]) -> Iterator[None]:
        """Call something when it is time to stop: the server says so only after all answers have ended.

        The server's own handlers go on to be called; where it has none, none is put in their place.
        """
        loop = asyncio.get_running_loop()
        is_main = threading.current_thread() is threading.main_thread()
        found = {number: signal.getsignal(number) for number in _STOPS if is_main}
        servers = {number: handler for number, handler in found.items() if callable(handler)}

        def end(number: int, frame: FrameType | None) -> None:
            stop()
            servers[signal.Signals(number)](number, frame)

        def begin(number: int, frame: FrameType | None) -> None:
            is_first, self.is_told = not self.is_told, True
            if is_first and self._seconds and number == signal.SIGTERM:
                loop.call_later(self._seconds, end, number, frame)
            else:
                end(number, frame)

        def told(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(begin, number, frame)

        for number in servers:
            signal.signal(number, told)
        try:
            yield
        finally:
            for number, handler in servers.items():
                if signal.getsignal(number) is told:
                    signal.signal(number, handler)

    def at_once(self) -> None:
        """Stop without waiting: nobody is left who would."""
        self._seconds = 0
        signal.raise_signal(signal.SIGTERM)
