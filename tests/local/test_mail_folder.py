"""The mail folder is read as a person reads it: numbered, oldest first."""

import os
from email.message import EmailMessage
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.local.home import Home
from homeport.local.mail import find_mail, read_mail


def keep(home: Home, name: str, subject: str, at: int) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.com", "ann@example.com", subject
    message["Date"] = "Mon, 23 Nov 2026 10:00:00 +0000"
    message.set_content(f"about {subject}")
    message.add_alternative(f"<p>about {subject}</p>", subtype="html")
    home.mail.mkdir(exist_ok=True)
    (home.mail / name).write_bytes(message.as_bytes())
    os.utime(home.mail / name, (at, at))


def test_mail_is_numbered_from_the_oldest(tmp_path: Path) -> None:
    home = Home(tmp_path)
    keep(home, "a.eml", "later", at=2)
    keep(home, "b.eml", "earlier", at=1)
    assert [(mail.number, mail.subject) for mail in read_mail(home)] == [(1, "earlier"), (2, "later")]


def test_the_text_part_is_shown_rather_than_the_html_part(tmp_path: Path) -> None:
    home = Home(tmp_path)
    keep(home, "a.eml", "your order", at=1)
    assert find_mail(home, 1).text == "about your order\n"


def test_a_number_that_does_not_exist_is_a_clear_error(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for sent, words in enumerate(("nothing was sent yet", "there is only mail 1", "mails are 1 to 2")):
        with pytest.raises(HomeportError, match=f"^mail 7: {words}$"):
            find_mail(home, 7)
        keep(home, f"{sent}.eml", "your order", at=sent)
