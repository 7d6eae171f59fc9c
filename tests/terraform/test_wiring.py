"""What services and functions get for what they use."""

from homeport.model.platform import Api, Platform
from homeport.model.variables import find_variables
from homeport.terraform.wiring import wire_function, wire_service

IN_FOUNDATION = "local.foundation."


def test_a_service_gets_urls_as_secrets_and_the_rest_as_settings(shop: Platform) -> None:
    wiring = wire_service(shop, "web", shop.services["web"])
    url = 'local.foundation.databases["main"].url_parameter_arn'
    assert wiring.secrets == {"DATABASE_URL": url, "MAIN_URL": url}
    assert wiring.environment == {
        "ALLOWED_HOSTS": "local.foundation.api.host",
        "SITE_ORIGINS": 'join(",", [for site in values(local.foundation.sites) : site.url])',
        "REDIS_URL": 'local.foundation.caches["sessions"].url',
        "SESSIONS_URL": 'local.foundation.caches["sessions"].url',
        "SOLD_TOPIC_ARN": 'local.foundation.topics["sold"].arn',
        "PICTURES_BUCKET": 'local.foundation.buckets["pictures"].name',
        "PICTURES_URL": 'local.foundation.buckets["pictures"].url',
        "USER_POOL_ID": "local.foundation.users.id",
        "USER_POOL_CLIENT_IDS": 'join(",", values(local.foundation.users.client_ids))',
        "MAIL_SENDER": "local.foundation.mail.sender",
        "PAID_QUEUE_URL": 'local.foundation.topics["paid"].queues["web"].url',
        "GREETING": 'say "${hello}"',
    }


def test_the_settings_are_those_that_the_model_announces(shop: Platform) -> None:
    service = shop.services["web"]
    announced = {name for name, _ in find_variables(shop, service)}
    wiring = wire_service(shop, "web", service)
    by_the_module = {"PORT", "HOST", "SECRET_KEY"}
    assert set(wiring.environment) | set(wiring.secrets) | by_the_module == announced | {"GREETING"}


def test_a_service_may_do_to_each_thing_what_using_it_means_and_no_more(shop: Platform) -> None:
    wiring = wire_service(shop, "web", shop.services["web"])
    allowed = {tuple(p["resources"]): p["actions"] for p in wiring.permissions}
    assert allowed[('local.foundation.topics["sold"].arn',)] == ["sns:Publish"]
    assert "sqs:ReceiveMessage" in allowed[('local.foundation.topics["paid"].queues["web"].arn',)]
    assert "s3:PutObject" in allowed[('"${local.foundation.buckets["pictures"].arn}/*"',)]
    assert not [r for resources in allowed for r in resources if "papers" in r or '"sold"].queues' in r]
    assert wiring.reaches == {
        "main": 'local.foundation.databases["main"]',
        "sessions": 'local.foundation.caches["sessions"]',
    }


def test_a_function_gets_the_name_of_the_parameter_and_may_read_it(shop: Platform) -> None:
    wiring = wire_function(shop, shop.functions["quote"])
    assert wiring.environment["DATABASE_URL_PARAMETER"] == 'local.foundation.databases["main"].url_parameter_name'
    assert "DATABASE_URL" not in wiring.environment
    assert wiring.permissions == [
        {"actions": ["ssm:GetParameter"], "resources": ['local.foundation.databases["main"].url_parameter_arn']}
    ]


def test_the_settings_of_a_function_are_those_that_the_model_announces(shop: Platform) -> None:
    for function in shop.functions.values():
        announced = {name for name, _ in find_variables(shop, function)}
        assert set(wire_function(shop, function).environment) == announced


def test_who_uses_nothing_may_nothing(shop: Platform) -> None:
    platform = Platform.model_validate({"name": "bare", "services": {"web": {"path": "web"}}})
    wiring = wire_service(platform, "web", platform.services["web"])
    assert (wiring.permissions, wiring.reaches, wiring.secrets) == ([], {}, {})
    assert wiring.environment == {"ALLOWED_HOSTS": "local.foundation.api.host"}


def test_a_service_takes_requests_and_forms_at_its_domains(shop: Platform) -> None:
    sites = "[for site in values(local.foundation.sites) : site.url]"
    web = shop.services["web"].model_copy(update={"domains": ("shop.example", "*.books.example")})
    environment = wire_service(shop, "web", web).environment
    assert environment["ALLOWED_HOSTS"] == (
        'join(",", concat([local.foundation.apis["web"].host], ["shop.example", ".books.example"]))'
    )
    assert environment["SITE_ORIGINS"] == (
        f'join(",", concat({sites}, ["https://shop.example", "https://*.books.example"]))'
    )
    alone = shop.model_copy(update={"sites": {}})
    assert wire_service(alone, "web", web).environment["SITE_ORIGINS"] == "https://shop.example,https://*.books.example"


def test_domains_of_the_shared_api_are_those_of_all_that_stand_on_it(shop: Platform) -> None:
    named = shop.model_copy(update={"api": Api(domains=("api.shop.example",)), "sites": {}})
    expected = 'join(",", concat([local.foundation.api.host], ["api.shop.example"]))'
    for wiring in (
        wire_service(named, "web", named.services["web"]),
        wire_function(named, named.functions["quote"]),
    ):
        assert wiring.environment["ALLOWED_HOSTS"] == expected
        assert wiring.environment["SITE_ORIGINS"] == "https://api.shop.example"
    own = named.services["web"].model_copy(update={"domains": ()})
    assert wire_service(named, "web", own).environment["ALLOWED_HOSTS"] == 'local.foundation.apis["web"].host'
