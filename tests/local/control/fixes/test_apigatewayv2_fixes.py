from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.integration
STAGE = "$default"


@pytest.fixture
def gateway(client: Callable[[str], Any]) -> Any:
    return client("apigatewayv2")


@pytest.fixture
def api(gateway: Any) -> dict[str, str]:
    return {"ApiId": gateway.create_api(Name="api", ProtocolType="HTTP")["ApiId"]}


@pytest.fixture
def stage(gateway: Any, api: dict[str, str]) -> dict[str, str]:
    settings = {"DestinationArn": "arn:aws:logs:eu-west-1:100000000001:log-group:a", "Format": "$context.path"}
    gateway.create_stage(**api, StageName=STAGE, AutoDeploy=True, AccessLogSettings=settings)
    return {**api, "StageName": STAGE}


def test_a_stage_changes(gateway: Any, stage: dict[str, str]) -> None:
    gateway.update_stage(
        **stage,
        Description="second day",
        DefaultRouteSettings={"ThrottlingBurstLimit": 5},
        StageVariables={"kept": "yes", "removed": ""},
    )
    found = gateway.get_stage(**stage)
    assert found["Description"] == "second day"
    assert found["DefaultRouteSettings"] == {"DetailedMetricsEnabled": False, "ThrottlingBurstLimit": 5}
    assert found["StageVariables"] == {"kept": "yes"}
    assert found["AccessLogSettings"]["Format"] == "$context.path"


def test_settings_of_a_stage_go(gateway: Any, stage: dict[str, str]) -> None:
    gateway.update_stage(**stage, RouteSettings={"POST /quotes": {"ThrottlingBurstLimit": 5}})
    gateway.delete_route_settings(**stage, RouteKey="POST /quotes")
    gateway.delete_access_log_settings(**stage)
    found = gateway.get_stage(**stage)
    assert found["RouteSettings"] == {} and "AccessLogSettings" not in found


def test_tags_of_a_stage_change(gateway: Any, stage: dict[str, str]) -> None:
    arn = f"arn:aws:apigateway:eu-west-1::/apis/{stage['ApiId']}/stages/{STAGE}"
    gateway.tag_resource(ResourceArn=arn, Tags={"one": "1", "two": "2"})
    gateway.untag_resource(ResourceArn=arn, TagKeys=["one"])
    assert gateway.get_stage(**stage)["Tags"] == {"two": "2"}


def test_a_stage_shows_a_deployment(gateway: Any, api: dict[str, str]) -> None:
    made = gateway.create_deployment(**api, Description="first")
    assert made["DeploymentStatus"] == "DEPLOYED"
    gateway.create_stage(**api, StageName="v1", DeploymentId=made["DeploymentId"])
    assert gateway.get_stage(**api, StageName="v1")["DeploymentId"] == made["DeploymentId"]


def test_deployments_are_listed_change_and_go(gateway: Any, api: dict[str, str]) -> None:
    named = {**api, "DeploymentId": gateway.create_deployment(**api)["DeploymentId"]}
    gateway.update_deployment(**named, Description="second")
    assert gateway.get_deployment(**named)["Description"] == "second"
    assert [item["DeploymentId"] for item in gateway.get_deployments(**api)["Items"]] == [named["DeploymentId"]]
    gateway.delete_deployment(**named)
    with pytest.raises(gateway.exceptions.NotFoundException):
        gateway.get_deployment(**named)


def test_authorizers_are_listed(gateway: Any, api: dict[str, str]) -> None:
    made = gateway.create_authorizer(
        **api,
        Name="users",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": "https://issuer.example", "Audience": ["a"]},
    )
    assert [item["AuthorizerId"] for item in gateway.get_authorizers(**api)["Items"]] == [made["AuthorizerId"]]


def test_a_route_loses_its_scopes(gateway: Any, api: dict[str, str]) -> None:
    route = gateway.create_route(**api, RouteKey="GET /", AuthorizationType="JWT", AuthorizationScopes=["api/read"])
    named = {**api, "RouteId": route["RouteId"]}
    gateway.update_route(**named, AuthorizationScopes=[])
    assert gateway.get_route(**named).get("AuthorizationScopes", []) == []


def test_an_integration_loses_a_response_mapping(gateway: Any, api: dict[str, str]) -> None:
    mapping = {"overwrite:header.x-day": "1"}
    made = gateway.create_integration(
        **api,
        IntegrationType="HTTP_PROXY",
        IntegrationUri="http://backend.example",
        IntegrationMethod="ANY",
        PayloadFormatVersion="1.0",
        ResponseParameters={"403": mapping, "404": mapping},
    )
    named = {**api, "IntegrationId": made["IntegrationId"]}
    gateway.update_integration(**named, ResponseParameters={"403": {}, "404": mapping})
    assert gateway.get_integration(**named)["ResponseParameters"] == {"404": mapping}


def test_a_domain_name_becomes_available(gateway: Any, client: Callable[[str], Any]) -> None:
    certificate = client("acm").request_certificate(DomainName="one.example")["CertificateArn"]
    configuration = {"CertificateArn": certificate, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}
    gateway.create_domain_name(DomainName="one.example", DomainNameConfigurations=[configuration])
    found = gateway.get_domain_name(DomainName="one.example")
    assert found["DomainNameConfigurations"][0].items() >= {**configuration, "DomainNameStatus": "AVAILABLE"}.items()
    assert found["DomainNameConfigurations"][0]["ApiGatewayDomainName"]
    assert "MutualTlsAuthentication" not in found


def test_a_domain_name_and_its_tags_change(gateway: Any) -> None:
    gateway.create_domain_name(DomainName="two.example", Tags={"made": "with"})
    changed = [{"CertificateArn": "arn:aws:acm:eu-west-1:100000000001:certificate/1", "EndpointType": "REGIONAL"}]
    gateway.update_domain_name(DomainName="two.example", DomainNameConfigurations=changed)
    arn = "arn:aws:apigateway:eu-west-1::/domainnames/two.example"
    gateway.tag_resource(ResourceArn=arn, Tags={"one": "1"})
    gateway.untag_resource(ResourceArn=arn, TagKeys=["made"])
    found = gateway.get_domain_name(DomainName="two.example")
    assert found["DomainNameConfigurations"][0]["CertificateArn"] == changed[0]["CertificateArn"]
    assert found["Tags"] == {"one": "1"}


def test_a_mapping_changes_its_key(gateway: Any, api: dict[str, str]) -> None:
    gateway.create_domain_name(DomainName="three.example")
    gateway.create_stage(**api, StageName="v1")
    made = gateway.create_api_mapping(**api, DomainName="three.example", Stage="v1", ApiMappingKey="one")
    named = {"ApiMappingId": made["ApiMappingId"], "DomainName": "three.example"}
    gateway.update_api_mapping(**api, **named, ApiMappingKey="two")
    assert gateway.get_api_mapping(**named)["ApiMappingKey"] == "two"


def test_a_wildcard_is_found_changed_and_deleted(gateway: Any, stage: dict[str, str]) -> None:
    gateway.create_domain_name(DomainName="*.four.example")
    assert gateway.get_domain_name(DomainName="*.four.example")["DomainName"] == "*.four.example"
    mapping = {"DomainName": "*.four.example", "Stage": STAGE}
    made = gateway.create_api_mapping(ApiId=stage["ApiId"], **mapping)["ApiMappingId"]
    gateway.update_api_mapping(ApiId=stage["ApiId"], ApiMappingId=made, ApiMappingKey="v2", **mapping)
    (found,) = gateway.get_api_mappings(DomainName="*.four.example")["Items"]
    assert found["ApiMappingKey"] == "v2"
    gateway.delete_api_mapping(ApiMappingId=made, DomainName="*.four.example")
    gateway.delete_domain_name(DomainName="*.four.example")
    assert "*.four.example" not in {item["DomainName"] for item in gateway.get_domain_names()["Items"]}
