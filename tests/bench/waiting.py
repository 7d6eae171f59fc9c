"""Utilisation against p95 for 1, 4 and 16 servers: the formula as lines, single requests as dots; the plot of the docs.

`python -m tests.bench waiting` writes docs/how-to/waiting.svg. Service times are exponential, with a mean of 100 ms.
"""

from pathlib import Path

import numpy as np

from homeport.cost.simulation.service_time import exponential
from tests.cost.simulation.test_latency import simulate_requests, steady

FILE = Path(__file__).parents[2] / "docs" / "how-to" / "waiting.svg"
SERVERS = {1: "#b3352c", 4: "#d97b0b", 16: "#1b7f4b"}  # with the colour of each
LINE_AT = np.linspace(0.05, 0.95, 37)
DOTS_AT = (0.2, 0.4, 0.6, 0.7, 0.8, 0.9)
REQUESTS, MEAN = 200_000, 0.1
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, HIGHEST_MS = 760, 340, 64, 44, 16, 3200


def formula_ms(servers: int, utilisation: float) -> float:
    """p95 of a load that never changes, as `homeport simulate` computes it."""
    return float(steady(servers, utilisation, exponential(MEAN), minutes=4).percentiles()[0][1]) * 1000


def simulated_ms(servers: int, utilisation: float) -> float:
    """p95 of single requests, first come, first served; seeded."""
    chance = np.random.default_rng(servers * 1000 + round(utilisation * 100))
    arrivals = np.cumsum(chance.exponential(MEAN / servers / utilisation, REQUESTS))
    services = chance.exponential(MEAN, REQUESTS)
    waits = simulate_requests(arrivals, services, servers)
    return float(np.percentile((waits + services)[REQUESTS // 10 :], 95)) * 1000


def render() -> str:
    """The plot, in colours that are seen on light and dark paper."""
    parts = [_axes()]
    for servers, colour in SERVERS.items():
        line = "L".join(_point(share, formula_ms(servers, share)) for share in LINE_AT)
        parts.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for share in DOTS_AT:
            x, y = _point(share, simulated_ms(servers, share)).split()
            parts.append(f'<circle cx="{x}" cy="{y}" r="4" fill="none" stroke="{colour}" stroke-width="2"/>')
        name = f"{servers} server{'s' if servers > 1 else ''}"
        x, y = _point(0.07, 3000 - 180 * list(SERVERS).index(servers)).split()
        parts.append(f'<text x="{x}" y="{y}" fill="{colour}">{name}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="13"><title>Utilisation against p95</title>'
        f"<desc>Lines: Erlang's formula; circles: {REQUESTS:,} simulated requests each.</desc>{''.join(parts)}</svg>\n"
    )


def main() -> None:
    """Write the plot, and print how far the dots are from the lines."""
    FILE.write_text(render(), encoding="utf-8")
    apart = [abs(simulated_ms(c, share) / formula_ms(c, share) - 1) for c in SERVERS for share in DOTS_AT]
    print(f"waiting: {len(apart)} simulated p95 are within {max(apart):.1%} of the formula")


def _point(utilisation: float, milliseconds: float) -> str:
    x = LEFT + utilisation * (WIDTH - LEFT - 20)
    y = HEIGHT - BOTTOM - min(milliseconds, HIGHEST_MS) / HIGHEST_MS * (HEIGHT - BOTTOM - TOP)
    return f"{x:.1f} {y:.1f}"


def _axes() -> str:
    parts = []
    for ms in range(0, HIGHEST_MS + 1, 800):
        y = _point(0, ms).split()[1]
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - 20}" stroke="#8886" stroke-width="1"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y}" text-anchor="end" dy="4" fill="#888">{ms} ms</text>')
    for percent in range(0, 101, 20):
        x = _point(percent / 100, 0).split()[0]
        parts.append(f'<text x="{x}" y="{HEIGHT - 20}" text-anchor="middle" fill="#888">{percent} %</text>')
    return "".join(parts)


if __name__ == "__main__":
    main()
