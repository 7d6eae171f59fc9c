"""Errors in the shape that AWS has for a protocol, so that clients fail at once instead of retrying for minutes.

moto answers HTTP 500 to an action that it does not know; Terraform retries a 500 up to 25 times.
"""

import json
import uuid
from xml.sax.saxutils import escape

XML = "text/xml"
JSON = "application/x-amz-json-1.1"


def unknown_action(service: str, detail: str) -> str:
    """Text for an action that the local account does not have."""
    return f"The local account does not implement this action of {service}: {detail}"


def render(protocol: str, code: str, message: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of an error: `protocol` as botocore names it (query, ec2, json, rest-json, rest-xml)."""
    request_id = str(uuid.uuid4())
    headers = {"x-amzn-RequestId": request_id}
    if "json" in protocol:
        body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
        return headers | {"Content-Type": JSON, "x-amzn-ErrorType": code}, body
    code, message = escape(code), escape(message)
    if protocol == "ec2":
        text = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
    elif protocol == "s3":
        text = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId></Error>"
    else:
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    return headers | {"Content-Type": XML}, f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()
