"""Images in ECR: a bundle's manifest, tagged with its digest and with the numbers of the releases made of it."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from homeport.errors import HomeportError

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
ARTIFACT_TYPE = "application/vnd.homeport.bundle.v1+json"
ANNOTATION = "dev.homeport.bundle"
RELEASE = re.compile(r"^v([1-9][0-9]*)$")
TRIES_MAX = 20


@dataclass(frozen=True)
class Image:
    """An image in a repository; `reference` is what a task definition names."""

    repository: str
    reference: str
    manifest: str


def render_manifest(digest: str) -> str:
    """OCI manifest of an artifact without layers that stands for a bundle.

    https://github.com/opencontainers/image-spec/blob/main/manifest.md, "Guidelines for artifact usage"
    """
    nothing = {
        "mediaType": "application/vnd.oci.empty.v1+json",
        "digest": f"sha256:{hashlib.sha256(b'{}').hexdigest()}",
        "size": 2,
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MEDIA_TYPE,
        "artifactType": ARTIFACT_TYPE,
        "config": nothing,
        "layers": [nothing],
        "annotations": {ANNOTATION: digest},
    }
    return json.dumps(manifest, separators=(",", ":"))


def push_image(ecr: Any, repository: str, digest: str) -> Image:
    """Make ECR know the bundle, tagged with the beginning of its digest; done twice, it is there once."""
    found = ecr.describe_repositories(repositoryNames=[repository])["repositories"][0]
    tag = digest[:12]
    image = Image(repository, f"{found['repositoryUri']}:{tag}", render_manifest(digest))
    try:
        _put(ecr, image, tag)
    except ecr.exceptions.ImageAlreadyExistsException:
        pass
    return image


def read_releases(ecr: Any, repository: str) -> list[int]:
    """Numbers of all releases whose images are still there, in order."""
    pages = ecr.get_paginator("list_images").paginate(repositoryName=repository, filter={"tagStatus": "TAGGED"})
    tags = (image.get("imageTag", "") for page in pages for image in page["imageIds"])
    return sorted(int(found[1]) for tag in tags if (found := RELEASE.match(tag)))


def take_number(ecr: Any, image: Image) -> int:
    """Tag the image with the next release number; two deploys at once get two numbers, as tags are immutable."""
    number = max(read_releases(ecr, image.repository), default=0)
    for _ in range(TRIES_MAX):
        number += 1
        try:
            _put(ecr, image, f"v{number}")
            return number
        except (ecr.exceptions.ImageTagAlreadyExistsException, ecr.exceptions.ImageAlreadyExistsException):
            continue
    raise HomeportError(f"{image.repository}: no release number is free after {number}", "run it again")


def _put(ecr: Any, image: Image, tag: str) -> None:
    ecr.put_image(
        repositoryName=image.repository,
        imageManifest=image.manifest,
        imageManifestMediaType=MEDIA_TYPE,
        imageTag=tag,
    )
