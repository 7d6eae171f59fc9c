"""Deploys a function: its zip becomes `$LATEST`, a version is published, the alias `live` moves to it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from platform import machine
from typing import Any

from homeport.deploy.package import Package, build_package
from homeport.deploy.target import Deployed, Target, aws_in_words
from homeport.deploy.uv import find_python
from homeport.errors import HomeportError
from homeport.model import names
from homeport.model.platform import LOCAL, Function, Platform

DIRECT_MAX = 50 * 1024 * 1024  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; larger: by S3
READY_SECONDS_MAX, PAUSE_SECONDS = 300, 0.2
# What distinguishes two versions beside code: Terraform changes these on `$LATEST`, and a deploy brings them live.
SETTINGS = (
    *("Runtime", "Handler", "Role", "MemorySize", "Timeout", "Environment", "VpcConfig", "Layers", "LoggingConfig"),
    *("EphemeralStorage", "TracingConfig", "Architectures", "DeadLetterConfig", "FileSystemConfigs", "SnapStart"),
)


@dataclass(frozen=True)
class Change:
    """What to do: upload the code, and publish and point the alias at it."""

    upload: bool
    publish: bool


def plan_change(latest: dict[str, Any], live: dict[str, Any], sha256: str) -> Change:
    """From the configurations of `$LATEST` and of the version behind `live`, and the zip's hash (base64)."""
    upload = latest["CodeSha256"] != sha256
    same = live["CodeSha256"] == sha256 and all(_setting(latest, key) == _setting(live, key) for key in SETTINGS)
    return Change(upload, publish=upload or not same)


def deploy_function(target: Target, name: str) -> Deployed:
    """Make the function's code what `live` points at; nothing is done if it is already."""
    function = target.platform.functions[name]
    is_here = target.environment == LOCAL
    package = build_function(
        target.platform, name, target.root, target.store, is_here=is_here, say=lambda text: target.say(name, text)
    )
    aws_name = names.function(*target.prefix, name)
    client = target.client("lambda")
    with aws_in_words(name):
        latest = client.get_function_configuration(FunctionName=aws_name)
        live = client.get_function_configuration(FunctionName=aws_name, Qualifier=names.LIVE_ALIAS)
        change = plan_change(latest, live, package.sha256)
        version = str(live["Version"])
        if change.upload:
            target.say(name, "uploading")
            client.update_function_code(FunctionName=aws_name, Publish=False, **_code(target, package))
        if change.publish:
            wait_ready(target, name, aws_name)
            version = client.publish_version(FunctionName=aws_name)["Version"]
            client.update_alias(FunctionName=aws_name, Name=names.LIVE_ALIAS, FunctionVersion=version)
    return Deployed(
        name, changed=change.publish, version=version, warnings=_warnings(target, function) if is_here else ()
    )


def build_function(
    platform: Platform,
    name: str,
    root: Path,
    store: Path,
    *,
    is_here: bool,
    say: Callable[[str], None] = lambda text: None,
) -> Package:
    """The zip of a function whose folder is relative to `root`, with wheels for the Python and the processors that
    homeport.yml declares; `is_here`: for this machine's, which run it here. Raises HomeportError, with uv's own words.
    """
    function = platform.functions[name]
    python, architecture = function.python or platform.python, function.architecture or platform.architecture
    if is_here:
        python = find_python(python).version
        architecture = "arm64" if machine() in ("aarch64", "arm64") else "x86_64"
    return build_package(root / function.path, python, store, architecture=architecture, say=say)


def wait_ready(target: Target, name: str, aws_name: str) -> None:
    """Lambda takes in changes one after the other: wait until the last is done."""
    deadline = target.clock.now() + READY_SECONDS_MAX
    while True:
        seen = target.client("lambda").get_function_configuration(FunctionName=aws_name)
        status = seen.get("LastUpdateStatus", "Successful")
        if status == "Successful":
            return
        if status == "Failed":
            raise HomeportError(f"{name}: Lambda refuses it: {seen.get('LastUpdateStatusReason', 'no reason given')}")
        if target.clock.now() >= deadline:
            raise HomeportError(f"{name}: Lambda is still taking it in after {READY_SECONDS_MAX} s: {status}")
        target.clock.sleep(PAUSE_SECONDS)


def _setting(configuration: dict[str, Any], key: str) -> Any:
    """A setting as it can be compared: what is empty is not there; ids that AWS adds are left out."""
    value = configuration.get(key)
    if isinstance(value, dict):
        value = {inner: item for inner, item in value.items() if item and inner not in ("VpcId", "OptimizationStatus")}
    return value or None


def _warnings(target: Target, function: Function) -> tuple[str, ...]:
    """Here, the interpreter that is installed runs the function."""
    wanted = function.python or target.platform.python
    found = find_python(wanted).version
    return () if found == wanted else (f"python {wanted} is not installed here; {found} stands in for it",)


def _code(target: Target, package: Package) -> dict[str, Any]:
    """Arguments that bring the zip to Lambda: in the call itself, or through the bucket of Terraform's state."""
    if package.path.stat().st_size <= DIRECT_MAX:
        return {"ZipFile": package.path.read_bytes()}
    bucket, key = names.state_bucket(*target.prefix, target.account), f"functions/{package.digest}.zip"
    target.client("s3").upload_file(str(package.path), bucket, key)
    return {"S3Bucket": bucket, "S3Key": key}
