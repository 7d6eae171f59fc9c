"""`make bench`: every figure that the documents quote, each beside what it is compared with, in one run."""

import importlib
import sys
import traceback

BENCHES = ("check", "control", "functions", "gateway", "up", "heroku_import", "estimate", "simulation", "waiting")


def main(chosen: list[str]) -> int:
    """Run the benches named on the command line, or all; 1 if one of them broke."""
    broken = 0
    for name in chosen or BENCHES:
        print(f"\n== {name}", flush=True)
        try:
            importlib.import_module(f"tests.bench.{name}").main()
        except Exception:
            traceback.print_exc()
            broken = 1
    return broken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
