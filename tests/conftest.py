"""How several workers share the tests (`pytest -n`): a file each, the longest first; what shares a running example
stays together, and what shares nothing is not kept together.
"""

import os
import signal
from typing import Any

from hypothesis import HealthCheck, settings

# These share one running example, whose live tree stands in the checkout: they stay in one worker.
TOGETHER = ("test_platform.py", "test_recovery.py", "test_website.py")
APART = ("terraform/test_modules.py",)
# What begins last decides when all of it ends: these take minutes each, in this order.
LONGEST = (
    "integration/test_gate.py",
    "integration/test_failing_deploys.py",
    *TOGETHER,
    "cutover/test_killed.py",
    "cutover/test_run.py",
    "control/test_control_restart.py",
    "integration/test_interrupted.py",
    "follow/test_slot.py",
    "data/test_data_plane_live.py",
    "follow/test_follow.py",
    "cutover/test_failures.py",
    "examples/test_magicbook_code.py",
    "integration/test_foreign.py",
    "torture/test_torture.py",
    *APART,
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


def pytest_collection_modifyitems(items: list[Any]) -> None:
    items.sort(key=lambda item: _rank(_file_of(item.nodeid)))


def _rank(file: str) -> int:
    return next((rank for rank, name in enumerate(LONGEST) if file.endswith(name)), len(LONGEST))


def _file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


class Sharing:
    def pytest_xdist_make_scheduler(self, config: Any, log: Any) -> Any:
        from xdist.scheduler import LoadScopeScheduling

        class ByStory(LoadScopeScheduling):
            def _split_scope(self, nodeid: str) -> str:
                file = _file_of(nodeid)
                if file.endswith(APART):
                    return nodeid
                return "example" if file.endswith(TOGETHER) else file

        return ByStory(config, log)
