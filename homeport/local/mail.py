"""Mail that SES was asked to send on this machine: kept as files, read here."""

import email
import email.policy
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from homeport.errors import HomeportError
from homeport.local.home import Home


@dataclass(frozen=True)
class Mail:
    """One kept mail; `number` counts from 1, oldest first."""

    number: int
    file: Path
    sent_at: datetime | None
    sender: str
    recipients: str
    subject: str
    text: str

    def as_json(self) -> dict[str, object]:
        return {
            "number": self.number,
            "sent_at": self.sent_at.isoformat() if self.sent_at else None,
            "from": self.sender,
            "to": self.recipients,
            "subject": self.subject,
            "text": self.text,
            "file": str(self.file),
        }


def read_mail(home: Home) -> list[Mail]:
    """All mail, oldest first."""
    files = sorted(home.mail.glob("*.eml"), key=lambda file: (file.stat().st_mtime_ns, file.name))
    return [_parse(number, file) for number, file in enumerate(files, 1)]


def find_mail(home: Home, number: int) -> Mail:
    """The mail of this number; a clear error if there is none."""
    mails = read_mail(home)
    if not 1 <= number <= len(mails):
        there = f"mails are 1 to {len(mails)}" if len(mails) > 1 else "there is only mail 1"
        raise HomeportError(f"mail {number}: {there if mails else 'nothing was sent yet'}", "list them: homeport mail")
    return mails[number - 1]


def _parse(number: int, file: Path) -> Mail:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(preferencelist=("plain", "html"))
    return Mail(
        number,
        file,
        parsedate_to_datetime(message["Date"]) if message["Date"] else None,
        str(message["From"] or ""),
        str(message["X-Envelope-To"] or message["To"] or ""),
        str(message["Subject"] or ""),
        str(body.get_content()) if body else "",
    )
