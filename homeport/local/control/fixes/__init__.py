"""What moto lacks for Terraform, mended: one module per AWS service, each with `apply()`."""

from types import ModuleType

FIXES: tuple[ModuleType, ...] = ()


def apply_all() -> None:
    """Apply every fix, once, before the first call."""
    for fix in FIXES:
        fix.apply()
