"""A database of homeport.yml as RDS describes it."""

from pathlib import Path

import pytest

from homeport.cli.db_declared import convert_instance, find_database
from homeport.errors import HomeportError

INSTANCE = {"MasterUsername": "app", "DBName": "main_db", "DBInstanceStatus": "available"}
YML = """name: shop
region: eu-west-1
environments:
  prod: {account: "210987654321"}
databases:
  main-db: {}
"""


def test_an_instance_and_its_password_are_a_server() -> None:
    endpoint = {"Address": "shop-prod-main-db.abc.eu-west-1.rds.amazonaws.com", "Port": 5432}
    server = convert_instance(INSTANCE | {"Endpoint": endpoint}, "s3cret", "the target (prod/main-db)")
    assert str(server) == "app@shop-prod-main-db.abc.eu-west-1.rds.amazonaws.com:5432/main_db"
    assert (server.password, server.ssl_mode) == ("s3cret", "require")
    assert "s3cret" not in repr(server)


def test_on_this_machine_tls_is_used_where_there_is_some() -> None:
    assert convert_instance(INSTANCE | {"Endpoint": {"Address": "127.0.0.1", "Port": 1}}, "", "x").ssl_mode == "prefer"


def test_an_instance_that_is_being_made_has_no_address_yet() -> None:
    with pytest.raises(HomeportError, match="has no address yet: it is creating"):
        convert_instance({"DBInstanceStatus": "creating"}, "", "the target (prod/main-db)")


@pytest.mark.parametrize(
    ("environment", "name", "said"),
    [
        ("prod", "mian-db", "declares no such database in prod"),
        ("absent", "main-db", "absent"),
        ("local", "main-db", "this machine's account is not running"),
    ],
)
def test_what_is_not_there_is_told(environment: str, name: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "homeport.yml"
    file.write_text(YML)
    with pytest.raises(HomeportError, match=said) as wrong:
        find_database(file, environment, name, "the target")
    assert wrong.value.hint
