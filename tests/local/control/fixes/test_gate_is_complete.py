"""The gate holds every type of resource that Homeport's modules and the rendered roots use."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[4]
GATE = ROOT / "tests" / "integration" / "gate"
BLOCK = re.compile(r'^(resource|data|ephemeral) "([a-z0-9_]+)"', re.MULTILINE)
RENDERED = re.compile(r'Block\(\s*"(resource|data|ephemeral)",\s*\(\s*"([a-z0-9_]+)"')
IN_THE_LIVE_TREE = {("data", "terraform_remote_state")}  # of the example, which passes the gate too


def types(text: str, pattern: re.Pattern[str] = BLOCK) -> set[tuple[str, str]]:
    return {(match[1], match[2]) for match in pattern.finditer(text)}


def test_every_type_that_homeport_emits_is_in_the_gate() -> None:
    gate = set().union(*(types(file.read_text()) for file in GATE.glob("*.tf")))
    modules = (ROOT / "homeport" / "terraform" / "modules").glob("*/*.tf")
    emitted = set().union(*(types(file.read_text()) for file in modules))
    emitted |= set().union(
        *(types(file.read_text(), RENDERED) for file in (ROOT / "homeport" / "terraform").glob("*.py"))
    )
    assert ("resource", "aws_s3_object") in emitted, "the pattern for rendered roots finds nothing any more"
    assert emitted - gate - IN_THE_LIVE_TREE == set()
