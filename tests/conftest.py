"""How several workers share the tests (`pytest -n`): a file each, the longest first; what shares a running example
stays together.
"""

import gc
import os
import signal
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# These share one running example, whose live tree stands in the checkout: they stay in one worker.
TOGETHER = (
    "tests/integration/test_platform.py",
    "tests/integration/test_recovery.py",
    "tests/integration/test_website.py",
)
# What begins last decides when all of it ends: these take minutes each, in this order.
LONGEST = (
    "tests/integration/test_gate.py",
    "tests/integration/test_failing_deploys.py",
    *TOGETHER,
    "tests/terraform/test_modules.py",
    "tests/postgres/cutover/test_killed.py",
    "tests/postgres/cutover/test_run.py",
    "tests/local/control/test_control_restart.py",
    "tests/integration/test_interrupted.py",
    "tests/postgres/follow/test_slot.py",
    "tests/local/data/test_data_plane_live.py",
    "tests/postgres/follow/test_follow.py",
    "tests/postgres/cutover/test_failures.py",
    "tests/examples/test_magicbook_code.py",
    "tests/integration/test_foreign.py",
    "tests/torture/test_torture.py",
)

# How long an example takes says something of the machine, not of the code.
settings.register_profile("homeport", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("homeport")


def pytest_configure(config: Any) -> None:
    os.environ.pop("COLUMNS", None)  # what is printed must not depend on who runs the tests
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background, and by all children then
    if config.pluginmanager.hasplugin("xdist"):
        config.option.loadscopereorder = False  # by their number of tests, the shortest would begin first
        config.pluginmanager.register(Sharing(), "sharing")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays; to look through it as it grows takes 4 of 11 seconds of each worker."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[Any]) -> None:
    rank = {file: number for number, file in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(_file_of(item.nodeid), len(LONGEST)))


def _file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


class Sharing:
    def pytest_xdist_make_scheduler(self, config: Any, log: Any) -> Any:
        from xdist.scheduler import LoadScopeScheduling

        class ByStory(LoadScopeScheduling):
            def _split_scope(self, nodeid: str) -> str:
                file = _file_of(nodeid)
                return "example" if file in TOGETHER else file

        return ByStory(config, log)
