"""`make bench`: every figure that the documents quote, each beside what it is compared with, in one run."""

import importlib
import signal
import sys
import traceback

from tests.bench import bars

BENCHES = ("check", "control", "functions", "gateway", "up", "heroku_import", "estimate", "simulation", "waiting")


def main(chosen: list[str]) -> int:
    """Run the benches named on the command line, or all; 1 if one of them broke or missed a bar."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background, and by all children then
    broken = 0
    for name in chosen or BENCHES:
        print(f"\n== {name}", flush=True)
        try:
            importlib.import_module(f"tests.bench.{name}").main()
        except Exception:
            traceback.print_exc()
            broken = 1
    for line in bars.missed:
        print(f"missed: {line}", flush=True)
    return 1 if broken or bars.missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
