"""Every resource type that Homeport emits has an honest word about it."""

import re
from pathlib import Path

from homeport.local.fidelity import FIDELITY, UNKNOWN, fidelity_of

HCL = Path(__file__).parents[2] / "homeport" / "terraform"
LIVE_ELSEWHERE = {"aws_s3_object"}  # made by the rendered roots, not by a module


def emitted() -> set[str]:
    modules = (path.read_text() for path in HCL.rglob("modules/*/*.tf"))
    return {name for text in modules for name in re.findall(r'^resource "(aws_\w+)"', text, re.MULTILINE)}


def test_every_type_in_the_modules_has_a_level() -> None:
    assert emitted() | LIVE_ELSEWHERE <= set(FIDELITY)


def test_a_type_of_somebody_elses_is_not_called_live() -> None:
    assert fidelity_of("aws_sagemaker_endpoint") is UNKNOWN
    assert UNKNOWN.level == "declared only"


def test_what_protects_on_aws_is_not_called_enforced() -> None:
    for protection in ("aws_iam_role_policy", "aws_security_group", "aws_s3_bucket_public_access_block"):
        assert fidelity_of(protection).level == "not enforced"
