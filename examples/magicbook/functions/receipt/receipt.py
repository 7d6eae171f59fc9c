"""`order-placed` → a receipt by mail, as text and as HTML, through SES.

The messages come through a queue, up to ten at a time; only those that failed are reported, so that only they come
again. Delivery is at least once: very rarely a reader gets the same receipt twice, which is better than none.
"""

import json
import logging
import os
from functools import cache
from html import escape
from typing import Any

import boto3

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers as ReportBatchItemFailures wants it."""
    failures = []
    for record in event["Records"]:
        try:
            send_receipt(json.loads(record["body"]))
        except Exception:  # one bad message must not hold up the other nine
            logger.exception("no receipt for message %s", record["messageId"])
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def send_receipt(order: dict[str, Any]) -> None:
    """Mails the receipt of one order; readers without an address get none."""
    address = order["reader"].get("email")
    if not address:
        logger.warning("order %s: the reader has no address", order["order"])
        return
    text, html = render_receipt(order)
    _ses().send_email(
        FromEmailAddress=os.environ["MAIL_SENDER"],
        Destination={"ToAddresses": [address]},
        Content={
            "Simple": {
                "Subject": {"Data": f"Your receipt: {order['book']['title']}", "Charset": "UTF-8"},
                "Body": {"Text": {"Data": text, "Charset": "UTF-8"}, "Html": {"Data": html, "Charset": "UTF-8"}},
            }
        },
    )
    logger.info("receipt of order %s sent", order["order"])


def render_receipt(order: dict[str, Any]) -> tuple[str, str]:
    """The mail as text and as HTML."""
    book, price = order["book"], euros(order["price_cents"])
    text = (
        f"Hello,\n\n{book['title']} by {book['author']} is on your shelf now.\n\n"
        f"Price: {price}\nOrder: {order['order']}\nPlaced: {order['placed_at']}\n\nHappy reading!\nMagicBook\n"
    )
    html = TEMPLATE.format(
        title=escape(book["title"]),
        author=escape(book["author"]),
        cover=escape(book.get("cover_url") or "", quote=True),
        price=escape(price),
        order=escape(order["order"]),
    )
    return text, html


def euros(cents: int) -> str:
    """`1290` → `€12.90`."""
    return f"€{cents // 100}.{cents % 100:02d}"


@cache
def _ses() -> Any:
    return boto3.client("sesv2")


TEMPLATE = """<!doctype html>
<html lang="en"><body style="font: 16px/1.5 Georgia, serif; color: #1d1b2f; max-width: 32rem; margin: 2rem auto">
<p>Hello,</p>
<p><strong>{title}</strong> by {author} is on your shelf now.</p>
<p><img src="{cover}" alt="" width="150" height="200"></p>
<p>Price: <strong>{price}</strong><br>Order: {order}</p>
<p>Happy reading!<br>MagicBook</p>
</body></html>
"""
