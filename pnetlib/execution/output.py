"""The outputs of a command: any path can be written to them, and they may be closed or full."""

import errno
import io
import os
import sys
from contextlib import suppress

CLOSED = 141  # as a shell reports a command that wrote to a closed pipe


class OutputError(Exception):
    """What a command prints cannot be written; its message is one sentence."""

    def __init__(self, error: OSError) -> None:
        self.closed = error.errno == errno.EPIPE
        self.exit_code = CLOSED if self.closed else 3
        super().__init__(
            f"the output could not be written: {error.strerror}; write it elsewhere, and the same "
            "command continues from what is finished."
        )


class _Output(io.TextIOWrapper):
    """Text output that raises `OutputError`."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            raise OutputError(error) from error

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            raise OutputError(error) from error


def prepare_outputs() -> None:
    """Let both outputs take any text, and the standard output raise `OutputError`.

    Letters that the encoding of an output lacks are written as escapes. An output that the caller
    has closed leads nowhere.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")
    sys.stderr.reconfigure(errors="backslashreplace")
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")
    before = sys.stdout
    sys.stdout = _Output(
        before.buffer, before.encoding, "backslashreplace", line_buffering=before.line_buffering
    )
    sys.stdout.before = before  # which would otherwise close the file


def abandon_outputs() -> None:
    """Let what is still to be written lead nowhere, so that Python can end without a message."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, OutputError):
            stream.flush()
            continue
        os.dup2(nowhere, stream.fileno())


def tell(sentence: str) -> None:
    """Print a sentence to the error output, if that takes it."""
    with suppress(OSError, ValueError):
        print(sentence, file=sys.stderr, flush=True)
