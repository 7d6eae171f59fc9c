import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.integration
MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def ecr(client: Callable[[str], Any]) -> Any:
    return client("ecr")


@pytest.fixture
def repository(ecr: Any) -> dict[str, str]:
    name = f"r-{uuid.uuid4()}"
    ecr.create_repository(repositoryName=name, imageScanningConfiguration={"scanOnPush": True})
    return {"repositoryName": name}


def test_the_digest_of_an_image_is_that_of_its_manifest(ecr: Any, repository: dict[str, str]) -> None:
    for release in ("1", "2"):
        manifest = json.dumps({"mediaType": MEDIA_TYPE, "layers": [], "annotations": {"release": release}})
        digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
        made = ecr.put_image(**repository, imageManifest=manifest, imageTag=f"v{release}")["image"]
        assert made["imageId"]["imageDigest"] == digest
        found = ecr.batch_get_image(**repository, imageIds=[{"imageDigest": digest}])["images"]
        assert [image["imageManifest"] for image in found] == [manifest]


def test_scanning_is_turned_off_as_terraform_says_it(ecr: Any, repository: dict[str, str]) -> None:
    ecr.put_image_scanning_configuration(**repository, imageScanningConfiguration={})
    found = ecr.describe_repositories(repositoryNames=[repository["repositoryName"]])["repositories"][0]
    assert found["imageScanningConfiguration"] == {"scanOnPush": False}
