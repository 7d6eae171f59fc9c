"""CloudFront: distributions as they were declared, functions that are published, access controls that are in use.

Upstream drops the origin access control of an origin, functions at a behaviour, and answers ForwardedValues that
nobody gave; functions cannot be changed or published. Policies are in `cloudfront_policies`.
"""

from typing import Any

from homeport.local.control.fixes.add import add, add_paths
from homeport.local.control.seams.replace import replace

NO_CODE = {"Quantity": 0, "Items": []}


def apply() -> None:
    _distributions()
    _access_controls()
    _functions()


def _distributions() -> None:
    from moto.cloudfront.models import (
        CacheBehaviour,
        CloudFrontBackend,
        DefaultCacheBehaviour,
        Distribution,
        Origin,
        ViewerCertificate,
        random_id,
    )

    @replace(Origin, "__init__")
    def origin(original: Any, made: Any, config: dict[str, Any]) -> None:
        """Upstream has no place for OriginAccessControlId, nor an S3 origin without an access identity."""
        original(made, config)
        made.origin_access_control_id = config.get("OriginAccessControlId") or ""
        if "CustomOriginConfig" not in config:
            made.s3_origin_config = {"OriginAccessIdentity": made.s3_access_identity}

    @replace(ViewerCertificate, "__init__")
    def certificate(original: Any, made: Any, config: dict[str, Any]) -> None:
        """Upstream answers "sni-only" for CloudFront's own certificate."""
        original(made, config)
        made.ssl_support_method = config.get("SSLSupportMethod")

    for kind in (DefaultCacheBehaviour, CacheBehaviour):
        _keep_behaviour(kind)

    @replace(Distribution, "__init__")
    def distribution(original: Any, made: Any, *args: Any, **kwargs: Any) -> None:
        """Upstream lets a distribution be in progress until it is asked about twice."""
        original(made, *args, **kwargs)
        made.status = "Deployed"

    @replace(CloudFrontBackend, "update_distribution")
    def update(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        """Upstream keeps the ETag."""
        made, location, _ = original(backend, *args, **kwargs)
        made.etag = random_id()
        return made, location, made.etag

    @replace(CloudFrontBackend, "delete_distribution")
    def delete(original: Any, backend: Any, distribution_id: str, if_match: Any) -> None:
        """Upstream keeps its tags and invalidations."""
        made = backend.distributions.get(distribution_id)
        original(backend, distribution_id, if_match)
        backend.tagger.delete_all_tags_for_resource(made.arn)
        backend.invalidations.pop(distribution_id, None)


def _keep_behaviour(kind: type) -> None:
    if "__init__" not in vars(kind):
        return

    @replace(kind, "__init__")
    def behaviour(original: Any, made: Any, config: dict[str, Any]) -> None:
        forwards = "ForwardedValues" in config
        original(made, config)
        made.function_associations = config.get("FunctionAssociations") or NO_CODE
        made.lambda_function_associations = config.get("LambdaFunctionAssociations") or NO_CODE
        made.grpc_config = config.get("GrpcConfig") or {"Enabled": False}
        if made.cache_policy_id and not forwards:
            made.forwarded_values = None


def _access_controls() -> None:
    from moto.cloudfront.exceptions import CloudFrontException
    from moto.cloudfront.models import CloudFrontBackend

    @replace(CloudFrontBackend, "delete_origin_access_control")
    def delete(original: Any, backend: Any, control_id: str) -> None:
        """Upstream deletes one that a distribution uses, and fails for one that is not there."""
        backend.get_origin_access_control(control_id)
        origins = [o for d in backend.distributions.values() for o in d.distribution_config.Origins["Items"]]
        if any(origin.origin_access_control_id == control_id for origin in origins):
            raise CloudFrontException("OriginAccessControlInUse", "The origin access control is in use.")
        original(backend, control_id)


def _functions() -> None:
    from moto.cloudfront import urls
    from moto.cloudfront.models import random_id
    from moto.cloudfront.responses import CloudFrontResponse
    from moto.core.responses import ActionResult
    from moto.core.utils import utcnow

    add_paths(urls.url_paths, CloudFrontResponse.dispatch, "{0}/2020-05-31/function/(?P<function_name>[^/]+)/publish$")

    @add(CloudFrontResponse)
    def update_function(response: Any) -> Any:
        function = response.backend.describe_function(response._get_param("Name"))
        function.config = response._get_param("FunctionConfig")
        function.code = response._get_param("FunctionCode")
        function.last_modified_time, function.etag = utcnow(), random_id()
        function.stage, function.status = "DEVELOPMENT", "UNPUBLISHED"
        return ActionResult({"FunctionSummary": function.function_summary, "ETag": function.etag})

    @add(CloudFrontResponse)
    def publish_function(response: Any) -> Any:
        function = response.backend.describe_function(response._get_param("Name"))
        function.stage, function.status = "LIVE", "DEPLOYED"
        return ActionResult({"FunctionSummary": function.function_summary})
