"""SNS: queues get their message within Publish; functions and web addresses through deliveries, surely but later.

moto posts to web addresses and runs functions inside of Publish, signs with a key that it makes for each subscription,
and keeps every message that was ever published.
"""

import json
import logging
import secrets
import uuid
from collections.abc import Callable
from typing import Any

from homeport.local.control.deliveries import HTTP_RETRY_SECONDS, Delivery
from homeport.local.control.seams import lambda_
from homeport.local.control.seams.replace import replace

log = logging.getLogger(__name__)


def apply(deliver: Callable[[Delivery], None]) -> None:
    from moto.sns.models import SNSBackend, Subscription, Topic

    @replace(Topic, "publish")
    def publish(original: Any, topic: Any, *args: Any, **kwargs: Any) -> Any:
        message_id = original(topic, *args, **kwargs)
        topic.sent_notifications.clear()
        return message_id

    @replace(Subscription, "publish")
    def send(_: Any, subscription: Any, message: str, message_id: str, **details: Any) -> None:
        matcher = subscription._filter_policy_matcher
        if matcher is not None and not matcher.matches(details.get("message_attributes"), message):
            return
        if details.pop("message_structure", None) == "json":
            message = subscription._parse_message_structure(message, subscription.protocol)
        if subscription.protocol == "sqs":
            _to_queue(subscription, message, message_id, **details)
        elif subscription.protocol == "lambda":
            deliver(
                lambda_.delivery_to(subscription.endpoint, _function_event(subscription, message, message_id, details))
            )
        elif subscription.protocol in ("http", "https"):
            deliver(_post(subscription, message, message_id, details))

    @replace(SNSBackend, "subscribe")
    def subscribe(original: Any, backend: Any, topic_arn: str, endpoint: str, protocol: str) -> Any:
        known = backend._find_subscription(topic_arn, endpoint, protocol)
        subscription = original(backend, topic_arn, endpoint, protocol)
        if known is None and protocol in ("http", "https"):
            deliver(_confirmation(subscription))
        return subscription


def _to_queue(
    subscription: Any,
    message: str,
    message_id: str,
    *,
    subject: str | None = None,
    message_attributes: dict[str, Any] | None = None,
    group_id: str | None = None,
    deduplication_id: str | None = None,
) -> None:
    from moto.sqs.exceptions import QueueDoesNotExist
    from moto.sqs.models import sqs_backends

    _, _, _, region, account, name = subscription.endpoint.split(":", 5)
    raw = is_raw(subscription)
    body = message if raw else json.dumps(_notification(subscription, message, message_id, subject, message_attributes))
    try:
        sqs_backends[account][region].send_message(
            name,
            body,
            message_attributes=_queue_attributes(message_attributes) if raw else None,
            deduplication_id=deduplication_id,
            group_id=group_id,
            validate_group_id=False,
        )
    except QueueDoesNotExist:  # on AWS the message goes to the subscription's dead letter queue or is lost, in silence
        log.warning("%s: queue %s does not exist, message %s is dropped", subscription.arn, name, message_id)


def is_raw(subscription: Any) -> bool:
    """Raw message delivery. The attribute is text: "false" is not raw."""
    return str(subscription.attributes.get("RawMessageDelivery", "")).lower() == "true"


def _queue_attributes(attributes: dict[str, Any] | None) -> dict[str, Any]:
    return {
        name: {
            "DataType": value["Type"],
            "BinaryValue" if value["Type"].startswith("Binary") else "StringValue": (
                value["Value"] if value["Type"].startswith("Binary") else str(value["Value"])
            ),
        }
        for name, value in (attributes or {}).items()
    }


def _notification(
    subscription: Any, message: str, message_id: str, subject: str | None, attributes: dict[str, Any] | None
) -> dict[str, Any]:
    from moto.core.utils import iso_8601_datetime_with_milliseconds

    region = subscription.topic.sns_backend.region_name
    document = {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": subscription.topic.arn,
        "Subject": subject,
        "Message": message,
        "Timestamp": iso_8601_datetime_with_milliseconds(),
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",  # nobody outside of this machine could verify one
        "SigningCertURL": f"https://sns.{region}.amazonaws.com/SimpleNotificationService.pem",
        "UnsubscribeURL": f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={subscription.arn}",
        "MessageAttributes": attributes or None,
    }
    return {name: value for name, value in document.items() if value is not None}


def _function_event(subscription: Any, message: str, message_id: str, details: dict[str, Any]) -> bytes:
    document = _notification(
        subscription, message, message_id, details.get("subject"), details.get("message_attributes")
    )
    # Lambda spells these two otherwise, and always has the optional ones.
    document["SigningCertUrl"], document["UnsubscribeUrl"] = (
        document.pop("SigningCertURL"),
        document.pop("UnsubscribeURL"),
    )
    document = {"Subject": None, "MessageAttributes": {}} | document
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": document,
    }
    return json.dumps({"Records": [record]}).encode()


def _post(subscription: Any, message: str, message_id: str, details: dict[str, Any]) -> Delivery:
    document = _notification(
        subscription, message, message_id, details.get("subject"), details.get("message_attributes")
    )
    raw = is_raw(subscription)
    headers = _headers(subscription, "Notification", message_id) | ({"x-amz-sns-rawdelivery": "true"} if raw else {})
    payload = message if raw else json.dumps(document)
    dead_letter = json.loads(subscription.attributes.get("RedrivePolicy") or "{}").get("deadLetterTargetArn")
    return Delivery(
        "http", subscription.endpoint, payload.encode(), headers, delays=HTTP_RETRY_SECONDS, dead_letter=dead_letter
    )


def _confirmation(subscription: Any) -> Delivery:
    region, token, message_id = subscription.topic.sns_backend.region_name, secrets.token_hex(32), str(uuid.uuid4())
    document = _notification(
        subscription,
        f"You have chosen to subscribe to the topic {subscription.topic.arn}.\nTo confirm the subscription, visit the "
        "SubscribeURL included in this message.",
        message_id,
        None,
        None,
    )
    del document["UnsubscribeURL"]
    document |= {
        "Type": "SubscriptionConfirmation",
        "Token": token,
        "SubscribeURL": f"https://sns.{region}.amazonaws.com/?Action=ConfirmSubscription&TopicArn={subscription.topic.arn}"
        f"&Token={token}",
    }
    headers = _headers(subscription, "SubscriptionConfirmation", message_id)
    return Delivery("http", subscription.endpoint, json.dumps(document).encode(), headers, delays=HTTP_RETRY_SECONDS)


def _headers(subscription: Any, kind: str, message_id: str) -> dict[str, str]:
    return {
        "Content-Type": "text/plain; charset=UTF-8",
        "x-amz-sns-message-type": kind,
        "x-amz-sns-message-id": message_id,
        "x-amz-sns-topic-arn": subscription.topic.arn,
        "x-amz-sns-subscription-arn": subscription.arn,
    }
