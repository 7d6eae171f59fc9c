"""`book-published` → a cover, drawn and put into the bucket of covers as covers/<slug>.png.

The messages come through a queue, up to ten at a time. The picture depends on the book alone, so drawing it twice
does no harm. Only the messages that failed are reported, so that only they come again.
"""

import json
import logging
import os
import re
from functools import cache
from typing import Any

import boto3
from drawing import draw_cover

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)
SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", re.IGNORECASE)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers as ReportBatchItemFailures wants it."""
    failures = []
    for record in event["Records"]:
        try:
            put_cover(json.loads(record["body"]))
        except Exception:  # one bad message must not hold up the other nine
            logger.exception("no cover for message %s", record["messageId"])
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def put_cover(book: dict[str, Any]) -> str:
    """Draws the cover of a book; the key it has in the bucket."""
    if not SLUG.fullmatch(book["slug"]):
        raise ValueError(f"{book['slug']!r} is not a slug")
    key = f"covers/{book['slug']}.png"
    _s3().put_object(
        Bucket=os.environ["COVERS_BUCKET"],
        Key=key,
        Body=draw_cover(book["slug"], book["title"], book["author"]),
        ContentType="image/png",
        CacheControl="public, max-age=300",
    )
    logger.info("cover of %s drawn", book["slug"])
    return key


@cache
def _s3() -> Any:
    return boto3.client("s3")
