import uuid
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.integration
CODE = b"function handler(event) { return event.request; }"


@pytest.fixture
def cloudfront(client: Callable[[str], Any]) -> Any:
    return client("cloudfront")


def declared(access_control: str = "", certificate: dict[str, Any] | None = None, **behaviour: Any) -> dict[str, Any]:
    origin = {
        "Id": "bucket",
        "DomainName": "files.s3.eu-west-1.amazonaws.com",
        "OriginAccessControlId": access_control,
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    return {
        "CallerReference": str(uuid.uuid4()),
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "bucket",
            "ViewerProtocolPolicy": "redirect-to-https",
            **behaviour,
        },
        "ViewerCertificate": certificate or {"CloudFrontDefaultCertificate": True},
    }


def create(cloudfront: Any, config: dict[str, Any]) -> dict[str, Any]:
    """The configuration as it is read back."""
    made = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["Id"]
    found: dict[str, Any] = cloudfront.get_distribution_config(Id=made)["DistributionConfig"]
    return found


@pytest.fixture
def access_control(cloudfront: Any) -> str:
    config = {"SigningProtocol": "sigv4", "SigningBehavior": "always", "OriginAccessControlOriginType": "s3"}
    made = cloudfront.create_origin_access_control(OriginAccessControlConfig={"Name": str(uuid.uuid4()), **config})
    return str(made["OriginAccessControl"]["Id"])


def test_an_origin_keeps_its_access_control(cloudfront: Any, access_control: str) -> None:
    origin = create(cloudfront, declared(access_control))["Origins"]["Items"][0]
    assert origin["OriginAccessControlId"] == access_control
    assert origin["S3OriginConfig"]["OriginAccessIdentity"] == ""


def test_an_access_control_in_use_cannot_go(cloudfront: Any, access_control: str) -> None:
    create(cloudfront, declared(access_control))
    with pytest.raises(cloudfront.exceptions.OriginAccessControlInUse):
        cloudfront.delete_origin_access_control(Id=access_control, IfMatch="any")


def test_a_behaviour_keeps_its_functions(cloudfront: Any) -> None:
    functions = [{"FunctionARN": "arn:aws:cloudfront::100000000001:function/f", "EventType": "viewer-request"}]
    config = declared(FunctionAssociations={"Quantity": 1, "Items": functions})
    assert create(cloudfront, config)["DefaultCacheBehavior"]["FunctionAssociations"]["Items"] == functions


def test_a_behaviour_with_a_cache_policy_forwards_no_values(cloudfront: Any) -> None:
    found = create(cloudfront, declared(CachePolicyId="658327ea-f89d-4fab-a63d-7e88639e58f6"))
    assert "ForwardedValues" not in found["DefaultCacheBehavior"]


def test_cloudfronts_own_certificate_has_no_ssl_support_method(cloudfront: Any) -> None:
    assert "SSLSupportMethod" not in create(cloudfront, declared())["ViewerCertificate"]


def test_a_distribution_is_deployed(cloudfront: Any) -> None:
    assert cloudfront.create_distribution(DistributionConfig=declared())["Distribution"]["Status"] == "Deployed"


def test_an_update_gives_a_new_etag(cloudfront: Any) -> None:
    config = declared()
    made = cloudfront.create_distribution(DistributionConfig=config)
    changed = cloudfront.update_distribution(
        Id=made["Distribution"]["Id"], IfMatch=made["ETag"], DistributionConfig=config
    )
    assert changed["ETag"] != made["ETag"]


def test_a_deleted_distribution_leaves_no_tags(cloudfront: Any) -> None:
    tags = {"Items": [{"Key": "made", "Value": "with"}]}
    made = cloudfront.create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": declared(), "Tags": tags}
    )
    cloudfront.delete_distribution(Id=made["Distribution"]["Id"], IfMatch=made["ETag"])
    assert cloudfront.list_tags_for_resource(Resource=made["Distribution"]["ARN"])["Tags"].get("Items", []) == []


def test_a_function_changes_and_is_published(cloudfront: Any) -> None:
    name, config = f"f-{uuid.uuid4()}", {"Comment": "first", "Runtime": "cloudfront-js-2.0"}
    made = cloudfront.create_function(Name=name, FunctionConfig=config, FunctionCode=CODE)
    changed = cloudfront.update_function(
        Name=name, IfMatch=made["ETag"], FunctionConfig={**config, "Comment": "second"}, FunctionCode=CODE
    )
    cloudfront.publish_function(Name=name, IfMatch=changed["ETag"])
    found = cloudfront.describe_function(Name=name)["FunctionSummary"]
    assert found["FunctionConfig"]["Comment"] == "second"
    assert found["FunctionMetadata"]["Stage"] == "LIVE"


def test_a_cache_policy_is_made_changed_and_removed(cloudfront: Any) -> None:
    config = {"Name": str(uuid.uuid4()), "MinTTL": 1, "DefaultTTL": 2, "MaxTTL": 3}
    made = cloudfront.create_cache_policy(CachePolicyConfig=config)
    identifier = made["CachePolicy"]["Id"]
    cloudfront.update_cache_policy(Id=identifier, IfMatch=made["ETag"], CachePolicyConfig={**config, "MaxTTL": 4})
    assert cloudfront.get_cache_policy(Id=identifier)["CachePolicy"]["CachePolicyConfig"]["MaxTTL"] == 4
    assert cloudfront.get_cache_policy_config(Id=identifier)["CachePolicyConfig"]["MinTTL"] == 1
    with pytest.raises(cloudfront.exceptions.CachePolicyAlreadyExists):
        cloudfront.create_cache_policy(CachePolicyConfig=config)
    cloudfront.delete_cache_policy(Id=identifier, IfMatch="any")
    with pytest.raises(cloudfront.exceptions.NoSuchCachePolicy):
        cloudfront.get_cache_policy(Id=identifier)


def test_a_response_headers_policy_is_kept(cloudfront: Any) -> None:
    header = {"Header": "x-day", "Value": "1", "Override": False}
    config = {"Name": str(uuid.uuid4()), "CustomHeadersConfig": {"Quantity": 1, "Items": [header]}}
    made = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=config)["ResponseHeadersPolicy"]
    found = cloudfront.get_response_headers_policy(Id=made["Id"])["ResponseHeadersPolicy"]
    assert found["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]["Items"] == [header]


def test_managed_policies_are_listed(cloudfront: Any) -> None:
    caching = cloudfront.list_cache_policies(Type="managed")["CachePolicyList"]["Items"]
    requests = cloudfront.list_origin_request_policies(Type="managed")["OriginRequestPolicyList"]["Items"]
    headers = cloudfront.list_response_headers_policies(Type="managed")["ResponseHeadersPolicyList"]["Items"]
    assert "Managed-CachingDisabled" in [item["CachePolicy"]["CachePolicyConfig"]["Name"] for item in caching]
    assert "Managed-AllViewer" in [
        item["OriginRequestPolicy"]["OriginRequestPolicyConfig"]["Name"] for item in requests
    ]
    names = [item["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["Name"] for item in headers]
    assert "Managed-SecurityHeadersPolicy" in names
