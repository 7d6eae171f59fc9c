import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.integration


@pytest.fixture
def ses(client: Callable[[str], Any]) -> Any:
    return client("sesv2")


@pytest.fixture
def configuration_set(ses: Any) -> str:
    name = f"set-{uuid.uuid4()}"
    ses.create_configuration_set(ConfigurationSetName=name, SendingOptions={"SendingEnabled": False})
    return name


def test_sending_options_are_answered_as_they_were_given(endpoint: str, configuration_set: str) -> None:
    """On the wire: botocore takes anything for a boolean, Terraform does not."""
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=HOMEPORT100000000001/20260101/eu-west-1/ses/aws4_request"}
    answer = httpx.get(f"{endpoint}/v2/email/configuration-sets/{configuration_set}", headers=signed)
    assert answer.json()["SendingOptions"] == {"SendingEnabled": False}


def test_options_of_a_configuration_set_change(ses: Any, configuration_set: str) -> None:
    named = {"ConfigurationSetName": configuration_set}
    ses.put_configuration_set_delivery_options(**named, TlsPolicy="REQUIRE")
    ses.put_configuration_set_reputation_options(**named, ReputationMetricsEnabled=True)
    ses.put_configuration_set_sending_options(**named, SendingEnabled=True)
    ses.put_configuration_set_suppression_options(**named, SuppressedReasons=["BOUNCE"])
    found = ses.get_configuration_set(**named)
    assert found["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}
    assert found["ReputationOptions"]["ReputationMetricsEnabled"] is True
    assert found["SendingOptions"] == {"SendingEnabled": True}
    assert found["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE"]}


def test_what_is_left_out_of_options_is_false(ses: Any, configuration_set: str) -> None:
    """Terraform leaves out what is false."""
    named = {"ConfigurationSetName": configuration_set}
    ses.put_configuration_set_reputation_options(**named)
    ses.put_configuration_set_sending_options(**named)
    found = ses.get_configuration_set(**named)
    assert found["ReputationOptions"]["ReputationMetricsEnabled"] is False
    assert found["SendingOptions"] == {"SendingEnabled": False}


def test_tags_of_an_identity_are_under_the_arn_that_aws_gives_it(ses: Any) -> None:
    tags = [{"Key": "made", "Value": "with"}]
    ses.create_email_identity(EmailIdentity="tagged.example", Tags=tags)
    arn = "arn:aws:ses:eu-west-1:100000000001:identity/tagged.example"
    assert ses.list_tags_for_resource(ResourceArn=arn)["Tags"] == tags


def test_a_domain_is_verified_and_signed(ses: Any) -> None:
    ses.create_email_identity(EmailIdentity="signed.example")
    found = ses.get_email_identity(EmailIdentity="signed.example")
    assert found["VerifiedForSendingStatus"] is True
    assert found["DkimAttributes"]["SigningEnabled"] is True
    assert len(set(found["DkimAttributes"]["Tokens"])) == 3


def test_an_identity_changes_its_configuration_set(ses: Any, configuration_set: str) -> None:
    ses.create_email_identity(EmailIdentity="moved.example")
    ses.put_email_identity_configuration_set_attributes(
        EmailIdentity="moved.example", ConfigurationSetName=configuration_set
    )
    assert ses.get_email_identity(EmailIdentity="moved.example")["ConfigurationSetName"] == configuration_set
