"""API Gateway v2: stages that change, deployments, domain names that become available, lists, tags of everything.

Upstream has no UpdateStage, GetAuthorizers, CreateDeployment, UpdateDomainName and UpdateApiMapping; keeps scopes that
an update removes; knows no tags of stages and domain names; and looks for domain names as paths escape them, so that it
never finds `*.example.com`.
"""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from homeport.local.control.fixes.add import add, add_paths
from homeport.local.control.seams.replace import replace

# Of eu-west-1, and here of every region: https://docs.aws.amazon.com/general/latest/gr/apigateway.html
HOSTED_ZONE = "ZLY8HYME6SFDD"
OF_A_DOMAIN = (
    *("get_domain_name", "delete_domain_name"),
    *("create_api_mapping", "get_api_mapping", "get_api_mappings", "delete_api_mapping"),
)
Answer = tuple[int, dict[str, str], str]


def apply() -> None:
    _paths()
    _authorizers()
    _routes()
    _stages()
    _deployments()
    _domain_names()
    _tags()


def _paths() -> None:
    from moto.apigatewayv2 import urls
    from moto.apigatewayv2.responses import ApiGatewayV2Response

    add_paths(
        urls.url_paths,
        ApiGatewayV2Response.dispatch,
        "{0}/v2/apis/(?P<api_id>[^/]+)/deployments$",
        "{0}/v2/apis/(?P<api_id>[^/]+)/deployments/(?P<deployment_id>[^/]+)$",
        "{0}/v2/apis/(?P<api_id>[^/]+)/stages/(?P<stage_name>[^/]+)/accesslogsettings$",
        "{0}/v2/apis/(?P<api_id>[^/]+)/stages/(?P<stage_name>[^/]+)/routesettings/(?P<route_key>.+)$",
        "{0}/v2/tags/(?P<resource_arn>arn.+/stages/.+)$",
        "{0}/v2/tags/(?P<resource_arn>arn.+/domainnames/.+)$",
    )


def _authorizers() -> None:
    from moto.apigatewayv2.responses import ApiGatewayV2Response

    @add(ApiGatewayV2Response)
    def get_authorizers(response: Any) -> Answer:
        return _answer({"items": [authorizer.to_json() for authorizer in _api(response).authorizers.values()]})


def _routes() -> None:
    from moto.apigatewayv2.models import Integration, Route

    @replace(Route, "update")
    def update_route(original: Any, route: Any, *args: Any, **kwargs: Any) -> None:
        """Upstream ignores an empty list of scopes."""
        original(route, *args, **kwargs)
        if kwargs.get("authorization_scopes") is not None:
            route.authorization_scopes = kwargs["authorization_scopes"]

    @replace(Integration, "update")
    def update_integration(original: Any, integration: Any, *args: Any, **kwargs: Any) -> None:
        """A status code without mappings is one to forget, as upstream knows of request parameters."""
        original(integration, *args, **kwargs)
        given = integration.response_parameters or {}
        integration.response_parameters = {status: mappings for status, mappings in given.items() if mappings} or None


def _stages() -> None:
    from moto.apigatewayv2.models import Stage
    from moto.apigatewayv2.responses import ApiGatewayV2Response

    @replace(Stage, "__init__")
    def init(original: Any, stage: Any, api: Any, config: dict[str, Any]) -> None:
        """Upstream drops which deployment a stage shows."""
        original(stage, api, config)
        stage.deployment_id = config.get("deploymentId")

    @replace(Stage, "to_json")
    def to_json(original: Any, stage: Any) -> dict[str, Any]:
        found: dict[str, Any] = original(stage)
        return found | ({"deploymentId": stage.deployment_id} if stage.deployment_id else {})

    @add(ApiGatewayV2Response)
    def update_stage(response: Any) -> Answer:
        stage, given = _stage(response), json.loads(response.body)
        for name in ("accessLogSettings", "autoDeploy", "clientCertificateId", "deploymentId", "description"):
            if name in given:
                setattr(stage, _attribute(name), given[name])
        stage.default_route_settings = {**stage.default_route_settings, **given.get("defaultRouteSettings", {})}
        stage.route_settings = {**stage.route_settings, **given.get("routeSettings", {})}
        variables = {**stage.stage_variables, **given.get("stageVariables", {})}
        stage.stage_variables = {name: value for name, value in variables.items() if value}
        stage.updated = datetime.now()
        return _answer(stage.to_json())

    @add(ApiGatewayV2Response)
    def delete_access_log_settings(response: Any) -> Answer:
        _stage(response).access_log_settings = None
        return 204, {}, ""

    @add(ApiGatewayV2Response)
    def delete_route_settings(response: Any) -> Answer:
        _stage(response).route_settings.pop(unquote(response.path.split("/", 7)[7]), None)
        return 204, {}, ""


def _deployments() -> None:
    from moto.apigatewayv2.models import Api
    from moto.apigatewayv2.responses import ApiGatewayV2Response
    from moto.moto_api._internal import mock_random

    @replace(Api, "__init__")
    def init(original: Any, api: Any, *args: Any, **kwargs: Any) -> None:
        original(api, *args, **kwargs)
        api.deployments = {}

    @add(ApiGatewayV2Response)
    def create_deployment(response: Any) -> Answer:
        api, given = _api(response), json.loads(response.body or "{}")
        deployment = {
            "autoDeployed": False,
            "createdDate": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "deploymentId": mock_random.get_random_string(length=6, lower_case=True),
            "deploymentStatus": "DEPLOYED",
            "description": given.get("description"),
        }
        if given.get("stageName"):
            api.get_stage(given["stageName"]).deployment_id = deployment["deploymentId"]
        api.deployments[deployment["deploymentId"]] = deployment
        return _answer(deployment, 201)

    @add(ApiGatewayV2Response)
    def get_deployment(response: Any) -> Answer:
        return _answer(_deployment(response))

    @add(ApiGatewayV2Response)
    def get_deployments(response: Any) -> Answer:
        return _answer({"items": list(_api(response).deployments.values())})

    @add(ApiGatewayV2Response)
    def update_deployment(response: Any) -> Answer:
        deployment = _deployment(response)
        deployment.update(json.loads(response.body))
        return _answer(deployment)

    @add(ApiGatewayV2Response)
    def delete_deployment(response: Any) -> Answer:
        del _api(response).deployments[_deployment(response)["deploymentId"]]
        return 204, {}, ""


def _domain_names() -> None:
    from moto.apigatewayv2.models import ApiGatewayV2Backend, DomainName
    from moto.apigatewayv2.responses import ApiGatewayV2Response

    for action in OF_A_DOMAIN:
        _unescape(ApiGatewayV2Backend, action)

    @replace(DomainName, "__init__")
    def init(original: Any, domain: Any, *args: Any, **kwargs: Any) -> None:
        """Upstream says neither that the domain is available nor where it is."""
        original(domain, *args, **kwargs)
        domain.domain_name_configurations = [
            _available(domain, configuration) for configuration in domain.domain_name_configurations
        ]

    @replace(DomainName, "to_json")
    def to_json(original: Any, domain: Any) -> dict[str, Any]:
        """Upstream answers an empty mutualTlsAuthentication where there is none."""
        return {name: value for name, value in original(domain).items() if name == "tags" or value}

    @add(ApiGatewayV2Response)
    def update_domain_name(response: Any) -> Answer:
        domain = response.apigatewayv2_backend.get_domain_name(domain_name=response.path.split("/")[-1])
        given = json.loads(response.body)
        if "domainNameConfigurations" in given:
            domain.domain_name_configurations = [_available(domain, c) for c in given["domainNameConfigurations"]]
        if "mutualTlsAuthentication" in given:
            domain.mutual_tls_authentication = given["mutualTlsAuthentication"]
        return _answer(domain.to_json())

    @add(ApiGatewayV2Response)
    def update_api_mapping(response: Any) -> Answer:
        _, domain, _, identifier = response.path.rsplit("/", 3)
        backend, given = response.apigatewayv2_backend, json.loads(response.body)
        mapping = backend.get_api_mapping(api_mapping_id=identifier, domain_name=domain)
        for name in ("apiId", "apiMappingKey", "stage"):
            if name in given:
                setattr(mapping, _attribute(name), given[name])
        return _answer(mapping.to_json())


def _unescape(backend: type, action: str) -> None:
    @replace(backend, action)
    def unescaped(original: Any, backend: Any, *, domain_name: str, **kwargs: Any) -> Any:
        """`*.example.com` is `%2A.example.com` in a path."""
        return original(backend, domain_name=unquote(domain_name), **kwargs)


def _tags() -> None:
    from moto.apigatewayv2.models import ApiGatewayV2Backend

    @replace(ApiGatewayV2Backend, "tag_resource")
    def tag(original: Any, backend: Any, resource_arn: str, tags: dict[str, str]) -> None:
        """Upstream shows a stage's and a domain's tags from the thing itself, and keeps new ones elsewhere."""
        original(backend, resource_arn, tags)
        if thing := _thing(backend, resource_arn):
            thing.tags = {**(thing.tags or {}), **(tags or {})}

    @replace(ApiGatewayV2Backend, "untag_resource")
    def untag(original: Any, backend: Any, resource_arn: str, tag_keys: list[str]) -> None:
        original(backend, resource_arn, tag_keys)
        if thing := _thing(backend, resource_arn):
            thing.tags = {key: value for key, value in (thing.tags or {}).items() if key not in tag_keys}


def _thing(backend: Any, arn: str) -> Any:
    """The stage or domain name that an ARN names, else None."""
    kind, _, name = arn.partition("::/")[2].partition("/")
    if kind == "domainnames":
        return backend.domain_names.get(name)
    api, _, stage = name.partition("/stages/")
    return backend.apis[api].stages.get(stage) if stage and api in backend.apis else None


def _available(domain: Any, configuration: dict[str, Any]) -> dict[str, Any]:
    region = domain.domain_name_arn.split(":")[3]
    return {
        "apiGatewayDomainName": f"d-{domain.domain_name.replace('.', '-')}.execute-api.{region}.amazonaws.com",
        "hostedZoneId": HOSTED_ZONE,
        "ipAddressType": "ipv4",
        **configuration,
        "domainNameStatus": "AVAILABLE",
    }


def _api(response: Any) -> Any:
    return response.apigatewayv2_backend.get_api(response.path.split("/")[3])


def _stage(response: Any) -> Any:
    return _api(response).get_stage(unquote(response.path.split("/")[5]))


def _deployment(response: Any) -> Any:
    from moto.apigatewayv2.exceptions import APIGatewayV2Error

    identifier = response.path.split("/")[5]
    found = _api(response).deployments.get(identifier)
    if found is None:
        error = APIGatewayV2Error("NotFoundException", f"Unable to find Deployment by ID {identifier} within ApiId")
        error.code = 404
        raise error
    return found


def _attribute(name: str) -> str:
    from botocore import xform_name

    return str(xform_name(name))


def _answer(content: Any, status: int = 200) -> Answer:
    return status, {}, json.dumps(content)
