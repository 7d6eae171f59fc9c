"""The feed: every type in AWS's own names, soon after the call; and what the data plane saw, back in AWS's answers."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import ACCOUNT, REGION, find, make_function

pytestmark = pytest.mark.integration


def test_the_feed_answers_at_once_waits_for_news_and_knows_its_revisions(own_account: Any) -> None:
    first = own_account.request("GET", "feed").json()["revision"]
    threading.Timer(0.5, lambda: own_account.client("logs").create_log_group(logGroupName="news")).start()
    start = time.monotonic()
    document = own_account.request("GET", f"feed?after={first}").json()
    assert 0.2 < time.monotonic() - start < 6
    assert document["revision"] > first
    assert [r["state"]["logGroupName"] for r in document["resources"] if r["type"] == "logs:log-group"] == ["news"]
    own_account.stop()
    own_account.start()  # a data plane that outlived the control plane hears of it at once
    assert own_account.request("GET", f"feed?after={document['revision']}").json()["revision"] > document["revision"]
    assert own_account.request("GET", "feed?after=rubbish").status_code == 400


def test_an_http_api_with_its_parts(account: Any) -> None:
    client = account.client("apigatewayv2")
    api = client.create_api(Name="one", ProtocolType="HTTP", CorsConfiguration={"AllowOrigins": ["*"]})
    identifier = api["ApiId"]
    integration = client.create_integration(
        ApiId=identifier,
        IntegrationType="HTTP_PROXY",
        IntegrationUri="arn:x",
        IntegrationMethod="ANY",
        PayloadFormatVersion="1.0",
    )["IntegrationId"]
    authorizer = client.create_authorizer(
        ApiId=identifier,
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        Name="jwt",
        JwtConfiguration={"Audience": ["a"], "Issuer": "https://issuer"},
    )["AuthorizerId"]
    client.create_route(
        ApiId=identifier, RouteKey="GET /books/{id}", Target=f"integrations/{integration}", AuthorizerId=authorizer
    )
    client.create_stage(ApiId=identifier, StageName="$default", AutoDeploy=True)
    arn = f"arn:aws:apigateway:{REGION}::/apis/{identifier}"
    account.feed_until("apigatewayv2:api", lambda found: any(r["arn"] == arn and r["state"]["Stages"] for r in found))
    state = find(account, "apigatewayv2:api", arn)
    assert api["ApiEndpoint"] == state["ApiEndpoint"] == f"http://127.0.0.1:{state['LocalPort']}"
    assert state["CorsConfiguration"]["AllowOrigins"] == ["*"]
    assert state["Routes"][0]["RouteKey"] == "GET /books/{id}"
    assert state["Integrations"][0]["IntegrationUri"] == "arn:x"
    assert state["Authorizers"][0]["JwtConfiguration"] == {"Audience": ["a"], "Issuer": "https://issuer"}
    assert state["Stages"][0]["StageName"] == "$default"


def test_a_domain_name_with_its_mappings(account: Any) -> None:
    client = account.client("apigatewayv2")
    api = client.create_api(Name="named", ProtocolType="HTTP")["ApiId"]
    client.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    certificate = account.client("acm").request_certificate(DomainName="shop.example", ValidationMethod="DNS")
    found = account.client("acm").describe_certificate(CertificateArn=certificate["CertificateArn"])
    assert found["Certificate"]["Status"] == "ISSUED"  # at once
    configuration = {"CertificateArn": certificate["CertificateArn"], "EndpointType": "REGIONAL"}
    client.create_domain_name(DomainName="shop.example", DomainNameConfigurations=[configuration])
    client.create_api_mapping(ApiId=api, DomainName="shop.example", Stage="$default")
    arn = f"arn:aws:apigateway:{REGION}::/domainnames/shop.example"
    account.feed_until(
        "apigatewayv2:domain-name", lambda found: any(r["arn"] == arn and r["state"]["ApiMappings"] for r in found)
    )
    state = find(account, "apigatewayv2:domain-name", arn)
    (mapping,) = state["ApiMappings"]
    assert (state["DomainName"], mapping["ApiId"], mapping["Stage"]) == ("shop.example", api, "$default")


def test_a_database_has_its_real_address_from_the_start(account: Any) -> None:
    rds = account.client("rds")
    rds.create_db_parameter_group(DBParameterGroupName="pg", DBParameterGroupFamily="postgres16", Description="d")
    parameter = {"ParameterName": "log_statement", "ParameterValue": "all", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName="pg", Parameters=[parameter])
    made = rds.create_db_instance(
        DBInstanceIdentifier="main",
        Engine="postgres",
        EngineVersion="16.4",
        DBInstanceClass="db.t4g.micro",
        MasterUsername="app",
        MasterUserPassword="first-password",
        DBName="shop",
        AllocatedStorage=20,
        DBParameterGroupName="pg",
    )["DBInstance"]
    state = find(account, "rds:db-instance", made["DBInstanceArn"])
    assert made["Endpoint"]["Address"] == "127.0.0.1" and made["Endpoint"]["Port"] == state["Endpoint"]["Port"] >= 21000
    assert (state["DBName"], state["MasterUsername"], state["MasterUserPassword"]) == ("shop", "app", "first-password")
    assert state["Parameters"]["log_statement"] == "all"
    account.observe("rds:db-instance", made["DBInstanceArn"], DBInstanceStatus="failed")
    assert rds.describe_db_instances(DBInstanceIdentifier="main")["DBInstances"][0]["DBInstanceStatus"] == "failed"


def test_a_cache_has_its_real_address_from_the_start(account: Any) -> None:
    client = account.client("elasticache")
    made = client.create_replication_group(
        ReplicationGroupId="cache",
        ReplicationGroupDescription="d",
        Engine="valkey",
        EngineVersion="8.0",
        NumCacheClusters=1,
    )["ReplicationGroup"]
    endpoint = made["NodeGroups"][0]["PrimaryEndpoint"]
    state = find(account, "elasticache:replication-group", made["ARN"])
    assert endpoint == state["NodeGroups"][0]["PrimaryEndpoint"]
    assert (endpoint["Address"], state["Engine"]) == ("127.0.0.1", "valkey") and endpoint["Port"] >= 21000
    account.observe("elasticache:replication-group", made["ARN"], Status="create-failed")
    assert client.describe_replication_groups()["ReplicationGroups"][0]["Status"] == "create-failed"
    client.delete_replication_group(ReplicationGroupId="cache")
    account.feed_until("elasticache:replication-group", lambda found: not found)


def test_a_function_with_versions_aliases_mapping_and_code_on_disk(account: Any) -> None:
    arn = make_function(account, "listed", b"def handler(event, context): return 1")
    client = account.client("lambda")
    client.publish_version(FunctionName="listed")
    client.create_alias(FunctionName="listed", Name="live", FunctionVersion="1")
    queue = account.client("sqs").create_queue(QueueName="listed")["QueueUrl"]
    source = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue.rpartition('/')[2]}"
    mapping = client.create_event_source_mapping(
        EventSourceArn=source,
        FunctionName=f"{arn}:live",
        BatchSize=7,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    account.feed_until("lambda:event-source-mapping", bool)
    state = find(account, "lambda:function", arn)
    assert set(state["Versions"]) == {"$LATEST", "1"} and state["Aliases"]["live"]["FunctionVersion"] == "1"
    code = Path(state["Versions"]["1"]["CodePath"])
    assert code.parent == account.home.code and code.stem and b"return 1" in code.read_bytes()
    found = find(account, "lambda:event-source-mapping", mapping["EventSourceMappingArn"])
    assert (found["FunctionArn"], found["BatchSize"], found["Enabled"]) == (f"{arn}:live", 7, True)
    assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_distribution_with_its_invalidations(account: Any) -> None:
    client = account.client("cloudfront", region="us-east-1")
    origin = {"Id": "o", "DomainName": "b.s3.eu-west-1.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    config = {
        "CallerReference": "x",
        "Comment": "",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "x"},
    }
    made = client.create_distribution(DistributionConfig=config)["Distribution"]
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "1"}
    client.create_invalidation(DistributionId=made["Id"], InvalidationBatch=batch)
    account.feed_until("cloudfront:distribution", lambda found: any(r["state"]["Invalidations"] for r in found))
    state = find(account, "cloudfront:distribution", made["ARN"])
    assert made["DomainName"] == state["DomainName"] == f"127.0.0.1:{state['LocalPort']}"
    assert state["DistributionConfig"]["DefaultRootObject"] == "index.html"
    assert state["DistributionConfig"]["Origins"]["Items"][0]["DomainName"] == "b.s3.eu-west-1.amazonaws.com"
    assert state["Invalidations"][0]["Paths"] == ["/*"]


def test_schedules_rules_images_and_log_groups(account: Any) -> None:
    target = {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q", "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r", "Input": "{}"}
    schedule = account.client("scheduler").create_schedule(
        Name="nightly", ScheduleExpression="cron(0 3 * * ? *)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
    )["ScheduleArn"]
    state = find(account, "scheduler:schedule", schedule)
    assert (state["ScheduleExpression"], state["Target"]["Arn"]) == ("cron(0 3 * * ? *)", target["Arn"])
    events = account.client("events")
    rule = events.put_rule(Name="r", EventPattern=json.dumps({"source": ["a"]}))["RuleArn"]
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": target["Arn"]}])
    account.feed_until("events:rule", lambda found: any(r["state"]["Targets"] for r in found))
    assert find(account, "events:rule", rule)["EventBusName"] == "default"
    ecr = account.client("ecr")
    ecr.create_repository(repositoryName="shop")
    media = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": media, "annotations": {"dev.homeport.bundle": "abc"}})
    ecr.put_image(repositoryName="shop", imageManifest=manifest, imageTag="v1")
    image = account.feed_until("ecr:image", bool)[0]["state"]
    assert (image["repositoryName"], image["imageTags"], image["imageManifest"]) == ("shop", ["v1"], manifest)
    account.client("logs").create_log_group(logGroupName="/ecs/web")
    find(account, "logs:log-group", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/web")


def test_observations_of_what_is_gone_or_unknown_are_dropped(account: Any) -> None:
    account.observe("ecs:service", f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/gone/gone", runningCount=1)
    account.observe("rds:db-instance", f"arn:aws:rds:{REGION}:{ACCOUNT}:db:gone", DBInstanceStatus="failed")
    account.observe("no:such-type", "arn", x=1)
    assert account.request("POST", "observed", content=b"rubbish").status_code == 400
