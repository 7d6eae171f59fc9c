"""`homeport build`: packages are made for what homeport.yml declares."""

from pathlib import Path

from homeport.cli.build import build_one
from homeport.deploy.package import build_package
from homeport.model.platform import Platform


def test_a_function_is_built_for_the_processors_that_it_declares(tmp_path: Path) -> None:
    (tmp_path / "hello").mkdir()
    (tmp_path / "hello" / "hello.py").write_text("def handler(event, context): ...\n")
    hello = {"path": "hello", "handler": "hello.handler"}
    functions = {"theirs": hello, "own": hello | {"architecture": "x86_64"}}
    platform = Platform.model_validate(
        {"name": "shop", "python": "3.12", "architecture": "arm64", "functions": functions}
    )
    store = tmp_path / "store"
    built = {name: build_one(platform, name, tmp_path, store).digest for name in functions}
    assert built == {
        "theirs": build_package(tmp_path / "hello", "3.12", store, architecture="arm64").digest,
        "own": build_package(tmp_path / "hello", "3.12", store, architecture="x86_64").digest,
    }
    assert built["theirs"] != built["own"]
