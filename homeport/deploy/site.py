"""Deploys a site: its folder becomes the content of its bucket, and CloudFront forgets the copies of what changed."""

import base64
import hashlib
import mimetypes
import re
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from homeport.deploy.sources import find_files
from homeport.deploy.target import Deployed, Target, aws_in_words
from homeport.errors import HomeportError
from homeport.model import names

UPLOADS_AT_ONCE = 8
PATHS_MAX = 30  # more are one wildcard: CloudFront bills by path
KEPT = {"homeport.json"}  # Terraform's: what the site knows of the platform
HASHED = re.compile(r"[.-][0-9A-Za-z_]{8,}\.[0-9A-Za-z]+$")  # app.3f2a9c1b.js: a new content has a new name
FOR_EVER, AT_ONCE, SHORTLY = "public, max-age=31536000, immutable", "no-cache", "public, max-age=300"
# What Python's table lacks or has differently on some machines.
TYPES = {
    **{".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json", ".map": "application/json"},
    **{".webmanifest": "application/manifest+json", ".wasm": "application/wasm", ".svg": "image/svg+xml"},
    **{
        ".woff2": "font/woff2",
        ".woff": "font/woff",
        ".avif": "image/avif",
        ".webp": "image/webp",
        ".ico": "image/x-icon",
    },
    **{
        ".html": "text/html",
        ".css": "text/css",
        ".txt": "text/plain",
        ".xml": "application/xml",
        ".md": "text/markdown",
    },
}


@dataclass(frozen=True)
class Upload:
    """A file to put."""

    key: str
    content_type: str
    cache_control: str


@dataclass(frozen=True)
class Changes:
    """What to put, in this order; what to delete; which paths CloudFront must ask for again."""

    uploads: tuple[Upload, ...] = ()
    deletions: tuple[str, ...] = ()
    invalidations: tuple[str, ...] = ()


def plan_site(wanted: Mapping[str, str], found: Mapping[str, str], index: str) -> Changes:
    """Changes from the MD5 of each file and of each object in the bucket, by key."""
    changed = [key for key, md5 in wanted.items() if found.get(key) != md5]
    gone = sorted(key for key in found if key not in wanted and key not in KEPT)
    # Pages last: what they refer to is then there.
    ordered = sorted(changed, key=lambda key: (_content_type(key).startswith("text/html"), key == index, key))
    uploads = tuple(Upload(key, _content_type(key), _cache_control(key)) for key in ordered)
    return Changes(uploads, tuple(gone), _invalidations([key for key in changed if key in found] + gone, index))


def deploy_site(target: Target, name: str) -> Deployed:
    """Make the site's bucket hold what its folder holds."""
    site = target.platform.sites[name]
    folder = target.root / site.path
    if not (folder / site.index).is_file():
        raise HomeportError(f"{name}: {folder / site.index} does not exist", "build the site, or change `index`")
    wanted = {
        file.path: _md5(folder / file.path) for file in find_files(folder, gitignore=False) if file.path not in KEPT
    }
    bucket = names.site_bucket(*target.prefix, name, target.account)
    with aws_in_words(name):
        s3 = target.client("s3")
        changes = plan_site(wanted, _read_bucket(s3, bucket), site.index)
        if changes.uploads:
            target.say(name, f"uploading {len(changes.uploads)} files")
        _upload(s3, bucket, folder, changes.uploads)
        for key in changes.deletions:
            s3.delete_object(Bucket=bucket, Key=key)
        if changes.invalidations:
            _invalidate(target.client("cloudfront"), bucket, changes.invalidations)
    return Deployed(name, changed=changes != Changes())


def _content_type(key: str) -> str:
    ending = PurePosixPath(key).suffix.lower()
    found = TYPES.get(ending) or mimetypes.types_map.get(ending) or "application/octet-stream"
    return f"{found}; charset=utf-8" if found.startswith("text/") or found == "application/json" else found


def _cache_control(key: str) -> str:
    """Pages are asked for each time, hashed files never again, anything else after five minutes."""
    if _content_type(key).startswith("text/html") or PurePosixPath(key).name in ("sw.js", "service-worker.js"):
        return AT_ONCE
    return FOR_EVER if HASHED.search(key) and any(letter.isdigit() for letter in key) else SHORTLY


def _invalidations(keys: Iterable[str], index: str) -> tuple[str, ...]:
    paths = {f"/{key}" for key in keys}
    paths |= {path.removesuffix(index) for path in paths if path.endswith(f"/{index}")}
    return ("/*",) if len(paths) > PATHS_MAX else tuple(sorted(paths))


def _md5(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _read_bucket(s3: Any, bucket: str) -> dict[str, str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", [])}


def _upload(s3: Any, bucket: str, folder: Path, uploads: tuple[Upload, ...]) -> None:
    """Files side by side, then pages one after the other."""

    def put(upload: Upload) -> None:
        content = (folder / upload.key).read_bytes()
        md5 = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        s3.put_object(
            Bucket=bucket,
            Key=upload.key,
            Body=content,
            ContentMD5=md5,
            ContentType=upload.content_type,
            CacheControl=upload.cache_control,
        )

    pages = [upload for upload in uploads if upload.cache_control == AT_ONCE]
    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        list(pool.map(put, [upload for upload in uploads if upload not in pages]))
    for page in pages:
        put(page)


def _invalidate(cloudfront: Any, bucket: str, paths: tuple[str, ...]) -> None:
    distribution = find_distribution(cloudfront, bucket)
    if distribution:
        cloudfront.create_invalidation(
            DistributionId=distribution,
            InvalidationBatch={
                "Paths": {"Quantity": len(paths), "Items": list(paths)},
                "CallerReference": str(uuid.uuid4()),
            },
        )


def find_distribution(cloudfront: Any, bucket: str) -> str | None:
    """Id of the distribution whose origin is the bucket."""
    for page in cloudfront.get_paginator("list_distributions").paginate():
        for item in page["DistributionList"].get("Items", []):
            if any(origin["DomainName"].startswith(f"{bucket}.s3.") for origin in item["Origins"]["Items"]):
                return str(item["Id"])
    return None
