"""Where the account on this machine keeps its things: one folder per platform, every path named here.

The folder must be reachable by the unprivileged user that runs PostgreSQL when Homeport itself is root, so root's is
under /var/lib; nobody's permissions but its own are ever changed.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """Paths of one platform's local account."""

    path: Path

    @property
    def lock(self) -> Path:
        """Locked with flock by the running `homeport up`."""
        return self.path / "lock"

    def lock_of(self, plane: str) -> Path:
        """Locked with flock by the running plane ("control" or "data"), from its first moment on."""
        return self.path / f"{plane}.lock"

    @property
    def token(self) -> Path:
        """Bearer token of everything under /_homeport/ (0600)."""
        return self.path / "token"

    @property
    def control(self) -> Path:
        """`{"url", "pid"}` of the running control plane."""
        return self.path / "control.json"

    @property
    def data(self) -> Path:
        """`{"url", "pid"}` of the running data plane."""
        return self.path / "data.json"

    @property
    def ports(self) -> Path:
        return self.path / "ports.json"

    @property
    def state(self) -> Path:
        """Folder of the control plane's saved state and journals."""
        return self.path / "state"

    @property
    def code(self) -> Path:
        """Folder of Lambda zips, `<sha256>.zip`."""
        return self.path / "code"

    @property
    def keys(self) -> Path:
        """Folder of keys and certificates made on this machine (0700)."""
        return self.path / "keys"

    @property
    def mail(self) -> Path:
        """Folder of sent mail, one `.eml` each."""
        return self.path / "mail"

    @property
    def databases(self) -> Path:
        return self.path / "rds"

    @property
    def caches(self) -> Path:
        return self.path / "elasticache"

    @property
    def functions(self) -> Path:
        """Folder of unpacked functions."""
        return self.path / "lambda"

    @property
    def ledger(self) -> Path:
        """Folder with a file per child process, so that leftovers can be found after a crash."""
        return self.path / "ledger"

    @property
    def log(self) -> Path:
        """Folder of the planes' own logs."""
        return self.path / "log"

    @property
    def bundles(self) -> Path:
        """Store of built images, shared by all platforms of this user."""
        return cache_root() / "bundles"


def find_home(platform_file: Path) -> Home:
    """The home of the platform declared in `platform_file`; the same file has the same home."""
    folder = platform_file.resolve().parent
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
    override = os.environ.get("HOMEPORT_HOME")
    root = Path(override) if override else _state_root()
    return Home(root / f"{folder.name}-{digest}")


def cache_root() -> Path:
    """Where things are kept that can be built again."""
    if override := os.environ.get("HOMEPORT_HOME"):
        return Path(override) / "cache"
    if os.geteuid() == 0:
        return Path("/var/cache/homeport")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "homeport"


def _state_root() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/homeport")
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "homeport"
