"""SES v2: configuration sets and identities as Terraform reads them back.

Upstream nests SendingOptions twice, has no Put… action, keeps the tags of identities under an ARN that AWS does not
have, and gives a domain no DKIM tokens.
"""

import json
from typing import Any

from botocore import xform_name

from homeport.local.control.fixes.add import add, add_paths
from homeport.local.control.seams.replace import replace

OPTIONS = ("DeliveryOptions", "ReputationOptions", "SuppressionOptions", "TrackingOptions", "VdmOptions")
LEFT_OUT = {  # what Terraform leaves out when it means false
    "ReputationOptions": {"ReputationMetricsEnabled": False},
    "SendingOptions": {"SendingEnabled": False},
}
DKIM_TOKENS = 3


def apply() -> None:
    from moto.sesv2 import urls
    from moto.sesv2.responses import SESV2Response

    add_paths(
        urls.url_paths,
        SESV2Response.dispatch,
        "{0}/v2/email/configuration-sets/(?P<ConfigurationSetName>[^/]+)/(?P<option>[a-z-]+)$",
        "{0}/v2/email/identities/(?P<EmailIdentity>[^/]+)/configuration-set$",
    )
    _one_backend()
    _configuration_sets()
    _identities()


def _one_backend() -> None:
    """Upstream holds on to the backend of SES: one that is asked for is noticed to change, and saved."""
    from moto.ses.models import ses_backends
    from moto.sesv2.models import SESV2Backend

    def find(backend: Any) -> Any:
        return ses_backends[backend.account_id][backend.region_name]

    def keep(_: Any, __: Any) -> None:
        """Upstream's constructor sets it."""

    SESV2Backend.core_backend = property(find, keep)


def _configuration_sets() -> None:
    from moto.ses.models import ConfigurationSet
    from moto.sesv2.responses import SESV2Response

    @replace(ConfigurationSet, "to_dict_v2")
    def to_dict(original: Any, found: Any) -> dict[str, Any]:
        """Upstream answers {"SendingEnabled": {"SendingEnabled": true}}, and options that AWS leaves out as {}."""
        options = {name: value for name, value in original(found).items() if value != {}}
        return options | {"SendingOptions": found.enabled or {"SendingEnabled": True}}

    for option in (*OPTIONS, "SendingOptions"):
        _add_put(SESV2Response, option)


def _add_put(responses: type, option: str) -> None:
    """Upstream has no PutConfigurationSet…Options."""
    attribute = {"SendingOptions": "enabled"}.get(option, xform_name(option))

    def put(response: Any) -> str:
        found = response.sesv2_backend.get_configuration_set(response._get_param("ConfigurationSetName"))
        setattr(found, attribute, LEFT_OUT.get(option, {}) | json.loads(response.body or "{}"))
        return "{}"

    put.__name__ = f"put_configuration_set_{xform_name(option)}"
    add(responses)(put)


def _identities() -> None:
    from moto.moto_api._internal import mock_random
    from moto.ses.models import EmailIdentity
    from moto.sesv2.models import SESV2Backend
    from moto.sesv2.responses import SESV2Response

    @replace(SESV2Backend, "create_email_identity")
    def create(original: Any, backend: Any, email_identity: str, tags: Any, *args: Any, **kwargs: Any) -> Any:
        """Upstream tags email-identity/…; on AWS the ARN is identity/…"""
        found = original(backend, email_identity, tags, *args, **kwargs)
        arn = f"arn:{backend.partition}:ses:{backend.region_name}:{backend.account_id}:identity/{email_identity}"
        backend.core_backend.tagger.tag_resource(arn, tags or [])
        return found

    @replace(SESV2Backend, "delete_email_identity")
    def delete(original: Any, backend: Any, email_identity: str) -> None:
        """Upstream keeps the tags."""
        original(backend, email_identity)
        arn = f"arn:{backend.partition}:ses:{backend.region_name}:{backend.account_id}:identity/{email_identity}"
        backend.core_backend.tagger.delete_all_tags_for_resource(arn)

    @replace(EmailIdentity, "__init__")
    def init(original: Any, identity: Any, *args: Any, **kwargs: Any) -> None:
        """Upstream says VerificationStatus SUCCESS and VerifiedForSendingStatus false; a domain is not signed."""
        original(identity, *args, **kwargs)
        identity.verified_for_sending_status = True
        identity.feedback_forwarding_status = True
        if identity.identity_type == "DOMAIN":
            tokens = [mock_random.get_random_string(length=32, lower_case=True) for _ in range(DKIM_TOKENS)]
            signed = {"SigningEnabled": True, "Status": "SUCCESS", "CurrentSigningKeyLength": "RSA_2048_BIT"}
            identity.dkim_attributes |= signed | {"NextSigningKeyLength": "RSA_2048_BIT", "Tokens": tokens}

    @add(SESV2Response)
    def put_email_identity_configuration_set_attributes(response: Any) -> str:
        identity = response.sesv2_backend.get_email_identity(response._get_param("EmailIdentity"))
        identity.configuration_set_name = response._get_param("ConfigurationSetName")
        return "{}"
