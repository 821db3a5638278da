"""The command ``pnetlib``, also called as ``python -m pnetlib``."""

import signal
import sys
from typing import NoReturn


def _stop_before_start(number: int, frame: object) -> NoReturn:
    print(
        f"error: stopped by {signal.Signals(number).name} before anything started; "
        "run the same command again.",
        file=sys.stderr,
        flush=True,
    )
    sys.exit(75 if number == signal.SIGUSR1 else 128 + number)


def main() -> int:
    """Run the command line of this process and return its exit code."""
    # Before any import: a signal during start-up must end in a sentence, not in a traceback.
    for name in ("SIGINT", "SIGTERM", "SIGUSR1"):
        signal.signal(getattr(signal, name), _stop_before_start)

    from pnetlib.cli import dispatch
    from pnetlib.execution.output import OutputError, abandon_outputs, prepare_outputs, tell

    prepare_outputs()
    code = 0
    try:
        try:
            code = dispatch(sys.argv[1:])
        except SystemExit as ended:  # after --help
            code = ended.code or 0
        sys.stdout.flush()
    except OutputError as error:
        if not error.closed and not code:
            tell(f"error: {error}")
        code = code or error.exit_code
    finally:
        abandon_outputs()
    return code


if __name__ == "__main__":
    sys.exit(main())
