"""How several workers share the tests (`pytest -n`): a file each; what shares a running example stays together."""

import os
import signal
from typing import Any

from hypothesis import HealthCheck, settings

# These share one running example, whose live tree stands in the checkout: they stay in one worker.
TOGETHER = ("test_platform.py", "test_recovery.py", "test_website.py")


# How long an example takes says something of the machine, not of the code.
settings.register_profile("homeport", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("homeport")


def pytest_configure(config: Any) -> None:
    os.environ.pop("COLUMNS", None)  # what is printed must not depend on who runs the tests
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background, and by all children then
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(Sharing(), "sharing")


class Sharing:
    def pytest_xdist_make_scheduler(self, config: Any, log: Any) -> Any:
        from xdist.scheduler import LoadScopeScheduling

        class ByStory(LoadScopeScheduling):
            def _split_scope(self, nodeid: str) -> str:
                file = nodeid.partition("::")[0]
                return "example" if file.endswith(TOGETHER) else file

        return ByStory(config, log)
