"""Values of config as parameters of SSM, and in task definitions."""

from typing import Any

from homeport.cli.config_values import choose_values
from homeport.deploy.config import VERSION, Config, put_config, with_config
from homeport.deploy.release import State, plan_changes


class Parameters:
    """SSM, as far as it is used."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {}
        self.put: list[dict[str, Any]] = []

    def get_parameters(self, Names: list[str], WithDecryption: bool) -> dict[str, Any]:
        assert len(Names) <= 10 and WithDecryption
        return {"Parameters": [self.held[name] for name in Names if name in self.held]}

    def put_parameter(self, Name: str, Value: str, **more: Any) -> None:
        assert Value and more["Type"] == "SecureString"
        version = self.held.get(Name, {"Version": 0})["Version"] + 1
        self.held[Name] = {"Name": Name, "Value": Value, "ARN": f"arn:{Name}", "Version": version}
        self.put.append({"Name": Name, **more})


def test_only_what_differs_is_written() -> None:
    ssm = Parameters()
    values = {f"KEY_{number}": "x" for number in range(23)} | {"LONG": "y" * 5000, "EMPTY": ""}
    first = put_config(ssm, "local", "shop", values)
    assert len(ssm.put) == 24 and first.empty == ("EMPTY",)
    assert [put["Tier"] for put in ssm.put if put["Name"] == "/homeport/local/shop/LONG"] == ["Advanced"]
    assert put_config(ssm, "local", "shop", values) == first and len(ssm.put) == 24
    again = put_config(ssm, "local", "shop", values | {"KEY_1": "z"})
    assert len(ssm.put) == 25 and again.version != first.version


def test_a_container_gets_what_it_does_not_have() -> None:
    container = {"name": "web", "environment": [{"name": "PORT", "value": "1"}], "secrets": []}
    given = with_config(container, Config({"PORT": ("arn:p", 1), "KEY": ("arn:k", 1)}, ("DEBUG",)))
    assert given["secrets"] == [{"name": "KEY", "valueFrom": "arn:k"}]
    assert [pair["name"] for pair in given["environment"]] == ["PORT", "DEBUG", VERSION]
    assert container["secrets"] == [] and with_config(container, Config({})) is container


def test_a_changed_value_is_a_release() -> None:
    container = {"name": "web", "image": "shop:unreleased"}
    state = State(
        {"web": {"family": "web", "containerDefinitions": [container]}}, {}, frozenset({"containerDefinitions"})
    )
    one, other = (
        plan_changes(state, "shop:1", {}, Config({"KEY": ("arn:k", version)}))["web"].definition for version in (1, 2)
    )
    assert one and one["containerDefinitions"][0]["secrets"] == [{"name": "KEY", "valueFrom": "arn:k"}]
    assert one != other


def test_values_of_this_machine_come_before_those_of_heroku() -> None:
    document = {"prod": {"shop": {"A": "live"}, "blog": {"B": "1"}}, "local": {"shop": {"A": "test"}}}
    assert choose_values(document, {"shop": 0, "blog": 0, "new": 0}) == {"shop": {"A": "test"}, "blog": {"B": "1"}}
