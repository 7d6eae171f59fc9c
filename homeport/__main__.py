"""`homeport`, and `python -m homeport`. Whoever presses Ctrl-C while Python still imports gets 130 and no traceback.

Hence nothing is imported before the handler is set, not even `signal`, which takes longer than all that stands here.
"""

import _signal as signal  # type: ignore[import-not-found]
import atexit
import os

INTERRUPTED = 130


def main() -> None:
    """Run the command line. While it runs, `errors_in_words` says what an interrupt is; before, nothing is begun."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored: a job in the background
        signal.signal(signal.SIGINT, leave)
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)  # Python's own end has its exit code already
    from homeport.cli import main as run

    try:
        run()
    except KeyboardInterrupt:  # another one, while the first was being put into words
        leave()


def leave(*_: object) -> None:
    """End here, without a word of Python's."""
    os.write(2, b"interrupted\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
