"""Where the provider comes from."""

import platform
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.terraform.mirror import find_mirror, has_own_configuration, prepare_providers, render_configuration
from homeport.terraform.tool import Tool

MACHINE = f"{platform.system().lower()}_" + {"x86_64": "amd64", "aarch64": "arm64"}.get(
    platform.machine(), platform.machine()
)
AWS = "registry.terraform.io/hashicorp/aws"


def tool(**environment: str) -> Tool:
    return Tool(Path("/usr/bin/terraform"), "1.11.4", environment)


def put_provider(folder: Path, *, packed: bool = False) -> None:
    if packed:
        file = folder / AWS / f"terraform-provider-aws_5.100.0_{MACHINE}.zip"
    else:
        file = folder / AWS / "5.100.0" / MACHINE / "terraform-provider-aws_v5.100.0_x5"
    file.parent.mkdir(parents=True)
    file.write_text("a provider")


@pytest.mark.parametrize("place", [".terraform.d/plugins", ".local/share/terraform/plugins"])
@pytest.mark.parametrize("packed", [True, False])
def test_terraforms_own_folders_are_looked_at(tmp_path: Path, place: str, packed: bool) -> None:
    put_provider(tmp_path / place, packed=packed)
    assert find_mirror(tool(), {"HOME": str(tmp_path)}) == tmp_path / place


def test_data_folders_are_looked_at(tmp_path: Path) -> None:
    put_provider(tmp_path / "b" / "terraform" / "plugins")
    environment = {"HOME": str(tmp_path), "XDG_DATA_DIRS": f"{tmp_path}/a:{tmp_path}/b"}
    assert find_mirror(tool(), environment) == tmp_path / "b/terraform/plugins"


def test_a_provider_for_another_machine_is_none(tmp_path: Path) -> None:
    file = tmp_path / AWS / "5.100.0" / "plan9_mips" / "terraform-provider-aws"
    file.parent.mkdir(parents=True)
    file.write_text("")
    empty = {"HOME": str(tmp_path), "XDG_DATA_DIRS": str(tmp_path)}
    assert find_mirror(tool(), empty, tmp_path) != tmp_path


def test_a_users_own_configuration_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".terraformrc").write_text("")
    inherited = {"HOME": str(tmp_path)}
    assert has_own_configuration(inherited)
    before = tool(PATH="/usr/bin")
    assert prepare_providers(before, tmp_path / "cache", inherited=inherited, isolated=False) is before


def test_a_configuration_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert not has_own_configuration({"TF_CLI_CONFIG_FILE": str(tmp_path / "gone"), "HOME": str(tmp_path)})


def test_a_mirror_is_told_to_terraform(tmp_path: Path) -> None:
    put_provider(tmp_path / ".terraform.d" / "plugins")
    inherited = {"HOME": str(tmp_path)}
    prepared = prepare_providers(tool(PATH="/usr/bin"), tmp_path / "cache", inherited=inherited, isolated=True)
    text = Path(prepared.environment["TF_CLI_CONFIG_FILE"]).read_text()
    assert text == render_configuration(tmp_path / ".terraform.d" / "plugins", "registry.terraform.io")
    assert f'include = ["{AWS}"]' in text
    assert prepared.environment["PATH"] == "/usr/bin"


def program(folder: Path, script: str) -> Tool:
    """A program that stands for OpenTofu, whose provider no machine has lying about in Terraform's folders."""
    file = folder / "bin" / "tofu"
    file.parent.mkdir()
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return Tool(file, "1.11.0", {"HTTPS_PROXY": "http://127.0.0.1:1"})


def test_an_isolated_terraform_gets_the_provider_that_the_users_own_one_fetches(tmp_path: Path) -> None:
    target = f"$TF_PLUGIN_CACHE_DIR/registry.opentofu.org/hashicorp/aws/5.100.0/{MACHINE}"
    isolated = program(
        tmp_path, f'[ -z "$HTTPS_PROXY" ] && mkdir -p "{target}" && : > "{target}/terraform-provider-aws"'
    )
    inherited = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    prepared = prepare_providers(isolated, tmp_path / "cache", inherited=inherited, isolated=True)
    text = Path(prepared.environment["TF_CLI_CONFIG_FILE"]).read_text()
    assert f'path    = "{tmp_path}/cache/providers"' in text
    assert 'include = ["registry.opentofu.org/hashicorp/aws"]' in text
    assert prepared.environment["HTTPS_PROXY"] == "http://127.0.0.1:1"


def test_a_provider_that_cannot_be_had_is_a_clear_error(tmp_path: Path) -> None:
    isolated = program(tmp_path, "echo 'could not connect to registry.opentofu.org' >&2; exit 1")
    with pytest.raises(HomeportError, match="could not connect to registry") as caught:
        prepare_providers(isolated, tmp_path / "cache", inherited={"HOME": str(tmp_path)}, isolated=True)
    assert "terraform providers mirror" in caught.value.hint
