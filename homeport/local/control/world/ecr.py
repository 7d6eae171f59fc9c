"""ECR: images by digest, with the manifest that says which bundle they are."""

from collections.abc import Iterator
from typing import Any

from homeport.local.control.world.resource import Resource
from homeport.local.ports import Ports


def read(backend: Any, ports: Ports) -> Iterator[Resource]:
    for repository in backend.repositories.values():
        for image in repository.images:
            digest = image.get_image_digest()
            state = {
                "repositoryUri": repository.uri,
                "repositoryName": repository.name,
                "imageDigest": digest,
                "imageTags": sorted(tag for tag in image.image_tags if tag),
                "imageManifest": image.image_manifest,
            }
            arn = f"{repository.arn}/{digest}"
            yield Resource(arn, "ecr:image", backend.account_id, backend.region_name, state)
