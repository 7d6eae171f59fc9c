"""What a deploy waits for: everything that Terraform makes for it, and whoever hears what it publishes."""

from pathlib import Path

from homeport.cli.bring_up import _awaited, _listeners
from homeport.cli.local import Local

EXAMPLE = Local(Path(__file__).parents[2] / "examples" / "magicbook" / "homeport.yml")


def test_functions_that_hear_a_service_are_deployed_before_it_publishes() -> None:
    assert _listeners(EXAMPLE, "catalog") == ["cover"]
    assert _listeners(EXAMPLE, "library") == ["receipt"]
    assert "module.function_cover.aws_lambda_alias.live" in _awaited(EXAMPLE)["catalog"]


def test_functions_and_sites_wait_for_no_listener() -> None:
    assert _listeners(EXAMPLE, "cover") == _listeners(EXAMPLE, "www") == []
    assert _awaited(EXAMPLE)["quote"] == {"module.function_quote.aws_lambda_alias.live"}


def test_a_service_waits_for_its_release_phase_and_every_process() -> None:
    awaited = _awaited(EXAMPLE)["library"]
    for address in ('aws_ecs_service.this["web"]', 'aws_ecs_service.this["worker"]'):
        assert f"module.service_library.{address}" in awaited
    assert 'module.service_library.aws_ecs_task_definition.this["release"]' in awaited
