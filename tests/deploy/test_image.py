"""Images and release numbers in ECR."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from homeport.deploy.image import ANNOTATION, push_image, read_releases, render_manifest, take_number

pytestmark = pytest.mark.integration
DIGEST = "ab" * 32


@pytest.fixture
def ecr(client: Callable[[str], Any]) -> Any:
    client("ecr").create_repository(repositoryName="shop", imageTagMutability="IMMUTABLE")
    return client("ecr")


def test_the_manifest_names_the_bundle_and_is_always_the_same() -> None:
    assert json.loads(render_manifest(DIGEST))["annotations"] == {ANNOTATION: DIGEST}
    assert render_manifest(DIGEST) == render_manifest(DIGEST)


def test_an_image_pushed_twice_is_there_once(ecr: Any) -> None:
    first, second = push_image(ecr, "shop", DIGEST), push_image(ecr, "shop", DIGEST)
    assert first == second and first.reference.endswith("/shop:abababababab")
    assert len(ecr.describe_images(repositoryName="shop")["imageDetails"]) == 1


def test_numbers_go_up_over_images(ecr: Any) -> None:
    one, two = push_image(ecr, "shop", DIGEST), push_image(ecr, "shop", "cd" * 32)
    assert [take_number(ecr, one), take_number(ecr, two), take_number(ecr, one)] == [1, 2, 3]
    assert read_releases(ecr, "shop") == [1, 2, 3]


def test_deploys_at_once_get_numbers_of_their_own(ecr: Any) -> None:
    images = [push_image(ecr, "shop", f"{index:02}" * 32) for index in range(6)]
    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(lambda image: take_number(ecr, image), images))
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
