"""SES: what is sent is a file in the mail folder, written before the call is answered. No mail leaves this machine."""

import email
import email.policy
import email.utils
import json
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from homeport.local.control.seams.replace import replace

SENT_KEPT_MAX = 100  # in moto's memory; the files are all kept


def apply(folder: Path) -> None:
    from moto.ses.models import SESBackend
    from moto.ses.responses import EmailResponse
    from moto.sesv2.responses import SESV2Response

    @replace(EmailResponse, "send_email")
    def v1(original: Any, response: Any) -> Any:
        answer = original(response)
        parameters = response._get_params()
        mail = compose(parameters["Source"], parameters.get("Destination", {}), parameters["Message"])
        _add_replies(mail, parameters.get("ReplyToAddresses"))
        write(folder, mail, _recipients(parameters.get("Destination", {})), answer.result["MessageId"])
        return answer

    @replace(SESV2Response, "send_email")
    def v2(original: Any, response: Any) -> Any:
        answer = original(response)
        parameters = json.loads(response.body)
        content = parameters["Content"]
        if "Simple" in content:  # raw ones come through `raw`
            mail = compose(parameters["FromEmailAddress"], parameters.get("Destination", {}), content["Simple"])
            _add_replies(mail, parameters.get("ReplyToAddresses"))
            write(folder, mail, _recipients(parameters.get("Destination", {})), json.loads(answer)["MessageId"])
        return answer

    @replace(SESBackend, "send_raw_email")
    def raw(original: Any, backend: Any, source: str, destinations: list[str], raw_data: str) -> Any:
        given = list(destinations)
        message = original(backend, source, destinations, raw_data)
        mail = email.message_from_string(raw_data, policy=email.policy.SMTP)
        write(folder, mail, given or _addresses(mail), message.id)
        del backend.sent_messages[:-SENT_KEPT_MAX]
        return message

    for name in ("send_templated_email", "send_bulk_templated_email"):

        @replace(SESBackend, name)
        def templated(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
            raise NotImplementedError("mail from templates")  # rather than a mail that nobody can read

    @replace(SESBackend, "send_email")
    def simple(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        message = original(backend, *args, **kwargs)
        del backend.sent_messages[:-SENT_KEPT_MAX]
        return message


def compose(source: str, destination: dict[str, list[str]], message: dict[str, Any]) -> EmailMessage:
    """A mail from SES's `Message` (v1) or `Simple` content (v2): the same shape."""
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"] = source
    for header, field in (("To", "ToAddresses"), ("Cc", "CcAddresses")):
        if destination.get(field):
            mail[header] = ", ".join(destination[field])
    mail["Subject"] = message.get("Subject", {}).get("Data", "")
    body = message.get("Body", {})
    text, html = body.get("Text", {}).get("Data"), body.get("Html", {}).get("Data")
    mail.set_content(text if text is not None else (html or ""), subtype="plain" if text is not None else "html")
    if text is not None and html is not None:
        mail.add_alternative(html, subtype="html")
    return mail


def write(folder: Path, mail: Any, recipients: list[str], message_id: str) -> Path:
    """Put the mail into the folder, whole or not at all."""
    now = datetime.now(UTC)
    for header, value in (
        ("Message-ID", f"<{message_id}@email.amazonses.com>"),
        ("Date", mail["Date"] or email.utils.format_datetime(now)),
        ("X-Envelope-From", email.utils.parseaddr(str(mail["From"] or ""))[1]),
        ("X-Envelope-To", ", ".join(recipients)),
    ):
        del mail[header]
        mail[header] = value
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{now:%Y%m%dT%H%M%S.%fZ}-{message_id}.eml"
    draft = path.with_suffix(".new")
    draft.write_bytes(mail.as_bytes())
    draft.replace(path)
    return path


def _add_replies(mail: EmailMessage, addresses: list[str] | None) -> None:
    if addresses:
        mail["Reply-To"] = ", ".join(addresses)


def _recipients(destination: dict[str, list[str]]) -> list[str]:
    fields = ("ToAddresses", "CcAddresses", "BccAddresses")
    return [address for field in fields for address in destination.get(field) or ()]


def _addresses(mail: Any) -> list[str]:
    values = [str(value) for name in ("To", "Cc", "Bcc") for value in mail.get_all(name, [])]
    return [address for _, address in email.utils.getaddresses(values)]
