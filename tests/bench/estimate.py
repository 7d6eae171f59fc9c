"""`homeport estimate`: seconds by number of services; the layouts of a team; a price list file, read as a stream."""

import csv
import io
import resource
import time
from collections.abc import Callable, Iterator

from homeport.cost.compare import compare
from homeport.cost.estimate import estimate
from homeport.cost.prices.book import load_book
from homeport.cost.prices.bulk import read_csv
from homeport.model.platform import Platform
from homeport.model.usage import Usage
from tests.bench.bars import bar

TARGET_SECONDS = 1.0  # for 50 services
ROWS = 200_000  # of EC2's file, which has millions


def make_platform(services: int) -> Platform:
    """`services` services, each with a worker and a database, in two environments."""
    numbers = range(services)
    processes = {"web": {"command": "web", "scale": {"min": 2, "max": 6}}, "worker": {"command": "work"}}
    return Platform.model_validate(
        {
            "name": "wide",
            "region": "us-east-1",
            "services": {
                f"s{n}": {"path": ".", "routes": [f"ANY /s{n}"], "uses": [f"db{n}"], "processes": processes}
                for n in numbers
            },
            "databases": {f"db{n}": {"size": "db.t4g.small"} for n in numbers},
            "environments": {"stage": {}, "prod": {"availability": "high"}},
        }
    )


def measure(services: int, rounds: int = 3) -> tuple[float, float, int]:
    """Seconds of one estimate and of all layouts beside each other, best of several rounds; and the lines."""
    platform, book = make_platform(services), load_book()
    alone = min(_seconds(lambda: estimate(platform, Usage(), book)) for _ in range(rounds))
    layouts = min(_seconds(lambda: compare(platform, Usage(), book)) for _ in range(rounds))
    return alone, layouts, len(estimate(platform, Usage(), book).lines)


def main() -> None:
    """Print seconds by size, and what reading a large price list takes."""
    for services in (10, 50, 200):
        alone, layouts, lines = measure(services)
        print(f"estimate, {services:4d} services: {alone:6.3f} s, {lines} lines; all layouts {layouts:6.3f} s")
        if services == 50:
            bar("estimate, 50 services", alone, "s", at_most=TARGET_SECONDS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = _seconds(lambda: [None for _ in read_csv(_large_list(), "us-east-1", "bench")])
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"price list, {ROWS} lines: {seconds:.2f} s ({ROWS / seconds:,.0f} lines/s), {grown:.0f} MB more memory")


def _large_list() -> Iterator[str]:
    yield _line(["Publication Date", "2026-10-02T12:00:00Z"])
    yield _line(["OfferCode", "AmazonEC2"])
    columns = ["SKU", "TermType", "StartingRange", "EndingRange", "Unit", "PricePerUnit", "usageType", "operation"]
    yield _line(columns)
    for number in range(ROWS):
        usage_type = f"BoxUsage:m{number % 5000}.large"
        yield _line([f"S{number}", "OnDemand", "0", "Inf", "Hrs", "0.1", usage_type, "RunInstances"])


def _line(values: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(values)
    return out.getvalue()


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
