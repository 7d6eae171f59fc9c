"""ECR: images that can be told apart, and scanning that can be turned off.

Upstream makes an image's digest of its layers alone, so that two manifests over the same layers are one; and takes
`{}`, which is how Terraform says "do not scan", for nothing at all.
"""

import hashlib
from typing import Any

from homeport.local.control.seams.replace import replace


def apply() -> None:
    from moto.ecr.models import ECRBackend, Image

    def create_digest(image: Any) -> None:
        """https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests"""
        image._image_digest = f"sha256:{hashlib.sha256(image.image_manifest.encode()).hexdigest()}"

    Image._create_digest = create_digest

    @replace(ECRBackend, "put_image_scanning_configuration")
    def put(original: Any, backend: Any, registry_id: str, repository_name: str, image_scan_config: Any) -> Any:
        return original(backend, registry_id, repository_name, image_scan_config or {"scanOnPush": False})
