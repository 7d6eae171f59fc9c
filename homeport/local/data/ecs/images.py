"""An image's name → the bundle on this machine that it stands for, through what ECR says of the image."""

import json
from collections.abc import Iterable
from pathlib import Path

from homeport.local.data.context import Resource
from homeport.local.data.ecs.failure import TaskFailed

ANNOTATION = "dev.homeport.bundle"


def find_bundle(image: str, images: Iterable[Resource], bundles: Path) -> Path:
    """The bundle's folder. TaskFailed if the image is not in the registry, or its bundle not on this machine."""
    name, by_digest, digest = image.partition("@")
    repository, tag = (name, "") if by_digest else _tag(image)
    for resource in images:
        state = resource.state
        if state["repositoryUri"] != repository:
            continue
        if (by_digest and state["imageDigest"] == digest) or (not by_digest and tag in (state.get("imageTags") or ())):
            return _bundle(image, str(state.get("imageManifest") or ""), bundles)
    raise TaskFailed(f"CannotPullContainerError: {image}: not found")


def _tag(image: str) -> tuple[str, str]:
    repository, colon, tag = image.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (image, "latest")


def _bundle(image: str, manifest: str, bundles: Path) -> Path:
    try:
        digest = str(json.loads(manifest)["annotations"][ANNOTATION])
    except (ValueError, KeyError, TypeError):
        raise TaskFailed(f"CannotPullContainerError: {image}: not a bundle, and no container engine here") from None
    folder = bundles / digest
    if not digest.isalnum() or not (folder / "app").is_dir():
        raise TaskFailed(f"CannotPullContainerError: {image}: bundle {digest} is not on this machine; build it again")
    return folder
