"""`homeport check` on platforms of 10 to 1,000 services: the figure, and whether it grows linearly."""

import tempfile
import time
from pathlib import Path

from homeport.model.load import load_platform
from tests.bench.bars import bar

TARGET_SECONDS = 1.0  # for 100 services
GROWTH_MAX = 30.0  # linear is 10, a square 100; a busy machine moves it by half


def write_platform(folder: Path, services: int) -> Path:
    """A platform like the reference one, `services` wide: each with a database, routes, a topic and a listener."""
    parts = [f"name: wide\nenvironments:\n  stage: {{account: '210000000001'}}\n  prod:\n{_overrides(services)}"]
    parts.append("users: {clients: [web]}\nservices:\n" + "".join(_service(index) for index in range(services)))
    parts.append("functions:\n" + "".join(_function(index) for index in range(services // 2)))
    parts.append("databases:\n" + "".join(f"  db-{index}: {{version: '16'}}\n" for index in range(services)))
    parts.append("topics:\n" + "".join(f"  topic-{index}: {{}}\n" for index in range(services)))
    for index in range(services):
        code = folder / f"services/s{index}"
        code.mkdir(parents=True)
        (code / "Procfile").write_text("web: gunicorn site.wsgi\nworker: python manage.py consume\nrelease: true\n")
    for index in range(services // 2):
        code = folder / f"functions/f{index}"
        code.mkdir(parents=True)
        (code / "main.py").write_text("def handler(event, context): ...\n")
    file = folder / "homeport.yml"
    file.write_text("".join(parts))
    return file


def measure(services: int, rounds: int = 3) -> float:
    """Seconds to load and check a platform of this many services: the best of several rounds."""
    with tempfile.TemporaryDirectory() as folder:
        file = write_platform(Path(folder), services)
        return min(_seconds(file) for _ in range(rounds))


def main() -> None:
    """Print seconds by size and the ratio between 1,000 and 100 services (10 is linear)."""
    measured = {services: measure(services) for services in (10, 100, 1000)}
    for services, seconds in measured.items():
        print(f"check, {services:5d} services: {seconds:7.3f} s")
    bar("check, 100 services", measured[100], "s", at_most=TARGET_SECONDS)
    bar(
        "check, growth from 100 to 1,000 services (linear: 10)", measured[1000] / measured[100], "×", at_most=GROWTH_MAX
    )


def _seconds(file: Path) -> float:
    start = time.perf_counter()
    load_platform(file)
    return time.perf_counter() - start


def _service(index: int) -> str:
    return (
        f"  s{index}:\n    path: services/s{index}\n    routes:\n"
        f"      - ANY /s{index}\n      - {{route: 'ANY /s{index}/{{proxy+}}', auth: true}}\n"
        f"    on: [topic-{index}]\n    uses: [db-{index}, topic-{index}, users]\n"
    )


def _function(index: int) -> str:
    return f"  f{index}:\n    path: functions/f{index}\n    on: [topic-{index}]\n    uses: [db-{index}]\n"


def _overrides(services: int) -> str:
    sizes = "".join(
        f"      s{index}: {{processes: {{web: {{cpu: 512, memory_mb: 1024, scale: {{min: 2, max: 8}}}}}}}}\n"
        for index in range(services)
    )
    return f"    account: '210000000002'\n    availability: high\n    services:\n{sizes}"


if __name__ == "__main__":
    main()
