"""Platform → live tree: what each environment's roots say, and what is left on disk."""

import json
import time
from pathlib import Path
from typing import Any

import hcl2
import pytest

from homeport.errors import HomeportError
from homeport.model.platform import Platform
from homeport.terraform.live import digest_of, read_modules, render_live_tree, write_live_tree


def read_root(files: dict[str, str], path: str) -> dict[str, Any]:
    """Blocks of a root as python-hcl2 reads them, quotes taken off."""
    plain: dict[str, Any] = _unquoted(hcl2.loads(files[path]))
    return plain


def modules(root: dict[str, Any]) -> dict[str, Any]:
    return {name: body for block in root.get("module", []) for name, body in block.items()}


def _unquoted(value: Any) -> Any:
    if isinstance(value, dict):
        return {_unquoted(key): _unquoted(item) for key, item in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [_unquoted(item) for item in value]
    return value[1:-1] if isinstance(value, str) and value[:1] == value[-1:] == '"' else value


def test_each_stack_has_a_root_and_a_terragrunt_file(shop: Platform) -> None:
    assert sorted(render_live_tree(shop, "prod")) == [
        "prod/apps/main.tf",
        "prod/apps/terragrunt.hcl",
        "prod/foundation/main.tf",
        "prod/foundation/terragrunt.hcl",
    ]


def test_the_account_and_its_role_are_in_every_root(shop: Platform) -> None:
    for stack in ("foundation", "apps"):
        root = read_root(render_live_tree(shop, "prod"), f"prod/{stack}/main.tf")
        provider = root["provider"][0]["aws"]
        assert provider["allowed_account_ids"] == ["210000000002"]
        assert provider["assume_role"][0]["role_arn"] == "arn:aws:iam::210000000002:role/homeport-apply"
        backend = root["terraform"][0]["backend"][0]["s3"]
        assert backend["bucket"] == "shop-prod-terraform-210000000002"
        assert backend["key"] == f"{stack}/terraform.tfstate"
        assert backend["use_lockfile"] is True


def test_modules_are_given_names_and_ids_and_nothing_else_runs_in_a_root(shop: Platform) -> None:
    root = read_root(render_live_tree(shop, "prod"), "prod/foundation/main.tf")
    assert set(modules(root)) == {
        *("network", "cluster", "gateway", "api", "users", "mail"),
        *("database_main", "cache_sessions", "topic_sold", "topic_paid"),
        *("bucket_pictures", "cdn_pictures", "bucket_papers", "bucket_www", "cdn_www"),
    }
    assert "resource" not in root


def test_protection_is_on_unless_the_environment_says_otherwise(shop: Platform) -> None:
    prod = modules(read_root(render_live_tree(shop, "prod"), "prod/foundation/main.tf"))
    stage = modules(read_root(render_live_tree(shop, "stage"), "stage/foundation/main.tf"))
    local = modules(read_root(render_live_tree(shop, "local"), "local/foundation/main.tf"))
    assert prod["database_main"]["deletion"] == {"protected": True, "final_snapshot": "shop-prod-main-final"}
    assert stage["database_main"]["deletion"] == {"protected": False, "final_snapshot": "shop-stage-main-final"}
    assert local["database_main"]["deletion"]["protected"] is False
    assert local["database_main"]["deletion"]["final_snapshot"] in (None, "null")
    assert prod["users"]["protected"] and prod["bucket_papers"]["protected"]
    assert not local["users"]["protected"] and not local["bucket_papers"]["protected"]
    assert not prod["bucket_www"]["protected"]


def test_high_availability_has_a_standby_and_a_nat_gateway_per_zone(shop: Platform) -> None:
    prod = modules(read_root(render_live_tree(shop, "prod"), "prod/foundation/main.tf"))
    stage = modules(read_root(render_live_tree(shop, "stage"), "stage/foundation/main.tf"))
    assert prod["network"]["nat_gateway_per_zone"] and prod["database_main"]["availability"]["standby"]
    assert not stage["network"]["nat_gateway_per_zone"] and not stage["database_main"]["availability"]["standby"]


def test_a_function_holds_a_message_six_times_as_long_as_it_may_run(shop: Platform) -> None:
    foundation = modules(read_root(render_live_tree(shop, "prod"), "prod/foundation/main.tf"))
    assert foundation["topic_sold"]["listeners"]["thumb"]["visibility_timeout_seconds"] == 360
    assert foundation["topic_paid"]["listeners"]["web"]["dead_letter_queue"] == "shop-prod-paid-web-dead"


def test_commands_and_settings_reach_terraform_as_they_were_written(shop: Platform) -> None:
    text = render_live_tree(shop, "prod")["prod/apps/main.tf"]
    assert 'command              = "gunicorn --bind $${HOST}:$PORT"' in text
    assert 'GREETING             = "say \\"$${hello}\\""' in text


def test_routes_ask_for_tokens_and_scopes_as_declared(shop: Platform) -> None:
    apps = modules(read_root(render_live_tree(shop, "prod"), "prod/apps/main.tf"))
    assert apps["routes_web"]["routes"] == {
        "ANY /shop/{proxy+}": {},
        "GET /me": {"auth": True, "scopes": ["api/read"]},
    }


def with_domains(shop: Platform) -> Platform:
    """The shop at domains of its own in prod, one of them in a hosted zone of the account."""
    document = shop.model_dump(exclude_none=True)
    document["services"]["web"]["domains"] = []
    document["environments"]["prod"] |= {
        "zones": ["shop.example"],
        "api": {"domains": ["api.shop.example"]},
        "services": {"web": {"domains": ["shop.example", "*.books.example"]}},
    }
    return Platform.model_validate(document)


def test_a_service_with_domains_has_an_api_of_its_own_with_the_same_rules(shop: Platform) -> None:
    files = render_live_tree(with_domains(shop), "prod")
    foundation = modules(read_root(files, "prod/foundation/main.tf"))
    shared, own = foundation["api"], foundation["api_web"]
    assert own.pop("name") == "shop-prod-web" and shared.pop("name") == "shop-prod"
    assert own == shared
    apps = modules(read_root(files, "prod/apps/main.tf"))
    assert apps["routes_web"]["api"] == '${local.foundation.apis["web"]}'
    assert apps["function_quote"]["api"] == "${local.foundation.api}"


def test_domains_lead_to_their_apis_and_wait_for_what_is_issued(shop: Platform) -> None:
    root = read_root(render_live_tree(with_domains(shop), "prod"), "prod/foundation/main.tf")
    domains = modules(root)["domains"]
    zone = "${data.aws_route53_zone.zone_shop_example.zone_id}"
    assert domains["domains"] == {
        "api.shop.example": {"api_id": "${module.api.id}", "zone_id": zone},
        "shop.example": {"api_id": "${module.api_web.id}", "zone_id": zone},
        "*.books.example": {"api_id": "${module.api_web.id}"},
    }
    assert domains["issued"] == "${var.issued}" and root["variable"][0]["issued"]["default"] == {}
    assert root["data"] == [{"aws_route53_zone": {"zone_shop_example": {"name": "shop.example"}}}]


def test_on_this_machine_all_certificates_are_issued_at_once(shop: Platform) -> None:
    document = with_domains(shop).model_dump(exclude_none=True)
    document["services"]["web"]["domains"] = ["shop.example"]
    files = render_live_tree(Platform.model_validate(document), "local")
    override = json.loads(files["local/foundation/local_override.tf.json"])
    assert override["variable"] == {"issued": {"default": {"shop.example": True}}}


def test_without_domains_there_is_no_variable_and_no_zone(shop: Platform) -> None:
    root = read_root(render_live_tree(with_domains(shop), "stage"), "stage/foundation/main.tf")
    assert "variable" not in root and "data" not in root and "domains" not in modules(root)
    assert "api_web" in modules(root)


def test_only_local_has_overrides_and_they_differ_in_what_is_served_here(shop: Platform) -> None:
    files = render_live_tree(shop, "local", cognito_endpoint="http://127.0.0.1:5000")
    foundation = json.loads(files["local/foundation/local_override.tf.json"])
    apps = json.loads(files["local/apps/local_override.tf.json"])
    assert foundation["provider"] == {"aws": {"s3_use_path_style": True, "skip_metadata_api_check": True}}
    assert foundation["module"] == {"cdn_pictures": {"scheme": "http"}, "cdn_www": {"scheme": "http"}}
    assert apps["locals"] == {"cognito_endpoint": "http://127.0.0.1:5000"}
    assert apps["data"]["terraform_remote_state"]["foundation"]["config"]["use_path_style"] is True
    assert not [path for path in render_live_tree(shop, "prod") if "override" in path]


def test_nothing_is_overridden_that_is_not_there(shop: Platform) -> None:
    for left_out in ("sites", "users"):
        document = {key: value for key, value in shop.model_dump(exclude_none=True).items() if key != left_out}
        if left_out == "users":
            document["services"]["web"] |= {"uses": [], "routes": ["GET /"]}
        files = render_live_tree(Platform.model_validate(document), "local", cognito_endpoint="http://127.0.0.1:5000")
        assert "locals" not in json.loads(files["local/apps/local_override.tf.json"])
        assert "cognito_endpoint" not in files["local/apps/main.tf"]


def test_but_for_names_and_protection_local_is_the_same_text_as_the_cloud(shop: Platform) -> None:
    stage = render_live_tree(shop, "stage")["stage/apps/main.tf"]
    local = render_live_tree(shop, "local")["local/apps/main.tf"]
    assert local.replace("100000000001", "210000000001").replace("local", "stage") == stage.replace("local", "stage")


def test_an_environment_without_an_account_cannot_be_rendered(shop: Platform) -> None:
    without = shop.model_copy(update={"environments": {}})
    with pytest.raises(HomeportError, match="environment prod: is not declared"):
        render_live_tree(without, "prod")
    no_account = Platform.model_validate({**shop.model_dump(), "environments": {"prod": {}}})
    with pytest.raises(HomeportError, match="environment prod: has no account"):
        render_live_tree(no_account, "prod")


def test_an_empty_platform_still_has_a_network_and_an_api() -> None:
    files = render_live_tree(Platform(name="empty"), "local")
    root = read_root(files, "local/foundation/main.tf")
    assert set(modules(root)) == {"network", "cluster", "gateway", "api"}
    assert "module" not in read_root(files, "local/apps/main.tf")


def test_services_may_be_called_what_the_gateway_is_called() -> None:
    service = {"path": "x", "processes": {"web": {"command": "x"}}}
    services = {name: service | {"routes": [f"GET /{name}"]} for name in ("api", "gateway")}
    files = render_live_tree(Platform.model_validate({"name": "shop", "services": services}), "local")
    gateway = modules(read_root(files, "local/foundation/main.tf"))["gateway"]["log_group"]
    apps = modules(read_root(files, "local/apps/main.tf"))
    groups = [gateway, *(apps[f"service_{name}"]["logs"]["group"] for name in services)]
    assert groups == ["/homeport/local/gateway/access", "/homeport/local/api", "/homeport/local/gateway"]


def test_writing_twice_changes_no_file(shop: Platform, tmp_path: Path) -> None:
    files = render_live_tree(shop, "prod")
    write_live_tree(tmp_path, "prod", files)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    write_live_tree(tmp_path, "prod", files)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_is_gone_is_removed_and_what_is_not_ours_stays(shop: Platform, tmp_path: Path) -> None:
    files = render_live_tree(shop, "prod") | {"prod/old/main.tf": "# gone tomorrow\n"}
    write_live_tree(tmp_path, "prod", files)
    write_live_tree(tmp_path, "stage", render_live_tree(shop, "stage"))
    own = [tmp_path / "prod/apps/own.tf", tmp_path / "modules/own/main.tf", tmp_path / "notes.txt"]
    for path in own:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    write_live_tree(tmp_path, "prod", render_live_tree(shop, "prod"))
    assert not (tmp_path / "prod/old").exists()
    assert all(path.read_text() == "mine" for path in own)
    assert (tmp_path / "stage/apps/main.tf").is_file()


@pytest.mark.parametrize(
    "record", ["", "{}", "[1, null]", '["../precious", "/etc/hostname", "prod/../../precious"]', "\x00"]
)
def test_a_broken_record_removes_nothing_outside(shop: Platform, tmp_path: Path, record: str) -> None:
    live, precious = tmp_path / "live", tmp_path / "precious"
    live.mkdir()
    precious.write_text("keep")
    (live / ".homeport.json").write_text(record)
    write_live_tree(live, "prod", render_live_tree(shop, "prod"))
    assert precious.read_text() == "keep"


def test_modules_come_whole_but_without_their_tests(tmp_path: Path) -> None:
    written = read_modules()
    names = {path.split("/")[1] for path in written}
    assert {"network", "database", "service", "function"} <= names
    for name in names:
        assert {f"modules/{name}/{file}.tf" for file in ("main", "variables", "outputs", "versions")} <= set(written)
    assert "modules/function/placeholder.zip" in written
    assert not [path for path in written if "tests" in path]


def test_the_digest_changes_with_the_tree(shop: Platform) -> None:
    assert digest_of(render_live_tree(shop, "prod")) == digest_of(render_live_tree(shop, "prod"))
    assert digest_of(render_live_tree(shop, "prod")) != digest_of(render_live_tree(shop, "stage"))


def many(count: int) -> Platform:
    service = {"path": "a", "processes": {"web": {"command": "x"}}, "uses": ["main", "sold"], "on": ["paid"]}
    services = {f"service-{n}": service | {"routes": [f"ANY /{n}/{{proxy+}}"]} for n in range(count)}
    kinds = {"databases": {"main": {}}, "topics": {"sold": {}, "paid": {}}}
    return Platform.model_validate({"name": "many", "services": services, **kinds})


def test_a_hundred_services_are_rendered_in_a_second_and_more_in_proportion() -> None:
    seconds = {}
    for count in (100, 1000):
        platform = many(count)
        begun = time.process_time()
        files = render_live_tree(platform, "local")
        seconds[count] = time.process_time() - begun
        assert files["local/apps/main.tf"].count('source = "../../modules/service"') == count
    assert seconds[100] < 1
    assert seconds[1000] < 30 * max(seconds[100], 0.01)  # linear would be 10; a square would be 100


def test_a_schedule_is_a_process_that_only_the_clock_starts(shop: Platform) -> None:
    there = {"services": {"web": {"schedules": {"tidy": {"enabled": False, "timezone": "Europe/Berlin"}}}}}
    document = shop.model_dump(exclude_none=True)
    document["environments"]["stage"] |= there
    platform = Platform.model_validate(document)

    def service(environment: str) -> Any:
        root = read_root(render_live_tree(platform, environment), f"{environment}/apps/main.tf")
        return modules(root)["service_web"]

    assert service("prod")["processes"]["tidy"] == {
        "family": "shop-prod-web-tidy",
        "command": "python manage.py tidy",
        "cpu": 256,
        "memory_mb": 512,
        "schedule": {
            "name": "shop-prod-web-tidy",
            "family": "shop-prod-web-tidy-live",
            "expression": "cron(0 3 * * ? *)",
            "timezone": "UTC",
            "enabled": True,
        },
    }
    assert service("prod")["roles"]["schedule"] == "shop-prod-web-schedule"
    tidy = service("stage")["processes"]["tidy"]["schedule"]
    assert (tidy["timezone"], tidy["enabled"]) == ("Europe/Berlin", False)


def test_the_architecture_is_the_platforms_unless_a_part_says_otherwise(shop: Platform) -> None:
    web = shop.services["web"].model_copy(update={"architecture": "x86_64"})
    mixed = shop.model_copy(update={"architecture": "arm64", "services": {"web": web}})

    def told(platform: Platform) -> tuple[set[Any], Any]:
        called = modules(read_root(render_live_tree(platform, "prod"), "prod/apps/main.tf"))
        processes = called["service_web"]["processes"].values()
        return {one.get("architecture") for one in processes}, called["function_quote"]["code"].get("architecture")

    assert told(shop) == ({None}, None)  # the modules' default
    assert told(shop.model_copy(update={"architecture": "arm64"})) == ({"arm64"}, "arm64")
    assert told(mixed) == ({None}, "arm64")
