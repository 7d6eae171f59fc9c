"""app.json → the add-ons, config vars, sizes, buildpacks and scripts that an app was once created with.

Heroku reads it only when it creates an app, so it is often stale
(https://devcenter.heroku.com/articles/app-json-schema). Expo's file of the same name is told apart; Dokku's is read.
"""

from homeport.heroku.files.addons import RETIRED_SIZES, keep_addon
from homeport.heroku.files.config import NAME, keep_variable
from homeport.heroku.files.findings import Findings, Place
from homeport.heroku.files.json_tree import parse_json
from homeport.heroku.files.tree import Node, entries, items, text
from homeport.heroku.records import App, BuildHook, Buildpack, ConfigVar, Inventory, Job, Other, Process

HEROKU_KEYS = {"addons", "formation", "buildpacks", "stack", "env", "scripts", "environments"}
DESCRIPTION_KEYS = {"name", "description", "keywords", "website", "repository", "logo", "success_url", "$schema"}
DOKKU_KEYS = {"cron", "healthchecks"}
STAGE_KEYS = {"env", "formation", "addons", "buildpacks", "scripts", "stack"}
SCRIPTS_DEPTH_MAX = 3


def is_heroku(root: Node) -> bool:
    """Is it an app.json of Heroku or Dokku, and not that of Expo or React Native?"""
    if not isinstance(root.value, dict) or "expo" in root.value:
        return False
    return bool((HEROKU_KEYS | DOKKU_KEYS) & set(root.value))


def parse_app_json(content: str, place: Place) -> Inventory:
    """Records of the file; none, and a doubt, if it is not Heroku's. Descriptions of the app are not read."""
    found = Findings(place)
    root = parse_json(content, found)
    if not isinstance(root.value, dict):
        found.doubt(root.line, f"is {root.kind}, where a mapping is expected; nothing was read")
    elif "expo" in root.value:
        found.doubt(root.value["expo"].line, "is Expo's app.json, not Heroku's; nothing was read")
    elif not is_heroku(root):
        found.doubt(0, "has none of the keys that Heroku reads; nothing was read")
    else:
        _read(root, found)
    return found.inventory()


def _read(root: Node, found: Findings) -> None:
    if stack := root.find("stack"):
        found.records.append(
            App(origin=found.at(stack.line, "stack"), app=found.app, stack=text(stack, "stack", found))
        )
    for name, node in entries(root.find("env"), "env", found):
        _variable(name, node, found)
    _formation(root.find("formation"), found)
    _addons(root.find("addons"), found)
    for ordinal, node in enumerate(items(root.find("buildpacks"), "buildpacks", found), start=1):
        _buildpack(ordinal, node, found)
    _scripts(root.find("scripts"), "", found)
    _dokku(root, found)
    if image := root.find("image"):
        found.records.append(
            Other(
                origin=found.at(image.line, "image"),
                app=found.app,
                kind="app.json image",
                name=text(image, "image", found),
            )
        )
    for stage, node in entries(root.find("environments"), "environments", found):
        _stage(stage, node, found)
    known = HEROKU_KEYS | DESCRIPTION_KEYS | DOKKU_KEYS | {"image"}
    for key, node in root.value.items():
        if key not in known:
            found.doubt(node.line, f"{key[:60]} is no key of Heroku's app.json; it is left out")


def _variable(name: str, node: Node, found: Findings, stage: str = "") -> None:
    what = f"env.{name}"[:80]
    if not isinstance(node.value, dict):
        value = None if node.value is None else text(node, what, found)
        keep_variable(found, node.line, name, value, stage=stage)
        return
    generator = text(node.find("generator"), f"{what}.generator", found)
    if generator:
        if generator != "secret":
            found.doubt(node.line, f"{what} has an unknown generator; it was taken as `secret`")
        _generated(name, node, found, stage)
        return
    written = node.find("value")
    value = None if written is None or written.value is None else text(written, f"{what}.value", found)
    if written is not None and value is not None and not isinstance(written.value, str):
        found.doubt(
            written.line, f"{what} has {written.kind} as its value, where text is expected; it was taken as text"
        )
    keep_variable(
        found, node.line, name, value, stage=stage, is_required=_is_required(what, node.find("required"), found)
    )


def _generated(name: str, node: Node, found: Findings, stage: str) -> None:
    if not NAME.fullmatch(name):
        found.doubt(node.line, "a config var's name is not one that Heroku takes; it is left out")
        return
    origin = found.at(node.line, f"{stage}.{name}" if stage else name)
    found.records.append(ConfigVar(origin=origin, app=found.app, name=name, stage=stage, is_generated=True))


def _is_required(what: str, node: Node | None, found: Findings) -> bool:
    if node is None or isinstance(node.value, bool):
        return node is None or bool(node.value)
    required = text(node, f"{what}.required", found).lower() not in ("false", "no", "0")
    found.doubt(node.line, f"{what}.required is {node.kind}, where a boolean is expected; it was taken as {required}")
    return required


def _formation(node: Node | None, found: Findings) -> None:
    if node is not None and isinstance(node.value, list):
        found.doubt(node.line, "formation is a list, its form of long ago; it was read")
        for item in node.value:
            _process(text(item.find("process"), "formation.process", found), item, found)
        return
    for name, item in entries(node, "formation", found):
        _process(name, item, found)


def _process(name: str, node: Node, found: Findings) -> None:
    if not name or len(name) > 63 or not isinstance(node.value, dict):
        found.doubt(node.line, f"formation: {node.kind} stands where a process is expected; it is left out")
        return
    size = text(node.find("size"), f"formation.{name}.size", found)
    if size.lower() in RETIRED_SIZES:
        found.doubt(node.line, f"formation.{name}: the size {size} is no longer sold; what runs today is unknown")
    found.records.append(
        Process(
            origin=found.at(node.line, f"formation.{name}"),
            app=found.app,
            type=name,
            command=text(node.find("command"), f"formation.{name}.command", found),
            size=size,
            quantity=_quantity(name, node.find("quantity"), found),
        )
    )


def _quantity(name: str, node: Node | None, found: Findings) -> int | None:
    if node is None or node.value is None:
        return None
    if isinstance(node.value, int) and not isinstance(node.value, bool) and 0 <= node.value < 10_000:
        return node.value
    written = text(node, f"formation.{name}.quantity", found)
    quantity = int(written) if written.isascii() and written.isdigit() and len(written) < 5 else None
    taken = "unknown" if quantity is None else quantity
    found.doubt(node.line, f"formation.{name}.quantity is not a whole number from 0; it was taken as {taken}")
    return quantity


def _addons(node: Node | None, found: Findings) -> None:
    if node is not None and isinstance(node.value, dict) and "plan" not in node.value:
        found.doubt(node.line, "addons is a mapping, where a list is expected; its keys were taken as plans")
        node = Node([Node(key, item.line) for key, item in node.value.items()], node.line)
    for index, item in enumerate(items(node, "addons", found)):
        what = f"addons[{index}]"
        if not isinstance(item.value, dict):
            keep_addon(found, item.line, what, text(item, what, found))
            continue
        options = {
            key: text(value, what, found) for key, value in entries(item.find("options"), f"{what}.options", found)
        }
        alias = text(item.find("as"), f"{what}.as", found)
        keep_addon(found, item.line, what, text(item.find("plan"), f"{what}.plan", found), alias=alias, options=options)


def _buildpack(ordinal: int, node: Node, found: Findings) -> None:
    what = f"buildpacks[{ordinal - 1}]"
    if isinstance(node.value, str):
        found.doubt(node.line, f"{what} is text, where {{url: …}} is expected; it was taken as the URL")
    name = text(node.find("url"), f"{what}.url", found) if isinstance(node.value, dict) else text(node, what, found)
    if name:
        found.records.append(Buildpack(origin=found.at(node.line, what), app=found.app, ordinal=ordinal, name=name))
    else:
        found.doubt(node.line, f"{what} has no URL; it is left out")


def _scripts(node: Node | None, before: str, found: Findings, depth: int = 0) -> None:
    for name, item in entries(node, "scripts", found):
        full = f"{before}{name}"[:80]
        if isinstance(item.value, dict) and depth < SCRIPTS_DEPTH_MAX:
            if name == "dokku":
                found.doubt(item.line, "scripts.dokku is Dokku's; Heroku ignores it. It was read")
            _scripts(item, f"{full} ", found, depth + 1)
        elif command := text(item, f"scripts.{full}", found):
            origin = found.at(item.line, f"scripts.{full}")
            found.records.append(BuildHook(origin=origin, app=found.app, name=full, command=command))


def _dokku(root: Node, found: Findings) -> None:
    for index, item in enumerate(items(root.find("cron"), "cron", found)):
        found.doubt(item.line, "cron is Dokku's; Heroku ignores it. It was taken as a job")
        command = text(item.find("command"), "cron.command", found)
        if command:
            schedule = text(item.find("schedule"), "cron.schedule", found)
            found.records.append(
                Job(origin=found.at(item.line, f"cron[{index}]"), app=found.app, command=command, schedule=schedule)
            )
    for process, node in entries(root.find("healthchecks"), "healthchecks", found):
        found.doubt(node.line, "healthchecks is Dokku's; Heroku ignores it")
        origin = found.at(node.line, f"healthchecks.{process}"[:80])
        found.records.append(Other(origin=origin, app=found.app, kind="Dokku's health check", name=process[:80]))


def _stage(stage: str, node: Node, found: Findings) -> None:
    """What a stage of the pipeline has instead: its variables, and a word on the rest."""
    for name, item in entries(node.find("env"), f"environments.{stage}.env", found):
        _variable(name, item, found, stage)
    for key, item in entries(node, f"environments.{stage}", found):
        if key == "env":
            continue
        if key not in STAGE_KEYS:
            found.doubt(item.line, f"environments.{stage}.{key} is no key of Heroku's app.json; it is left out"[:200])
        elif item.value:
            origin = found.at(item.line, f"environments.{stage}.{key}"[:80])
            detail = ", ".join(_outline(item))[:200]
            found.records.append(
                Other(origin=origin, app=found.app, kind=f"app.json {key} of a stage", name=stage[:80], detail=detail)
            )


def _outline(node: Node) -> list[str]:
    """Names that a part of a stage holds: of processes, scripts, plans, buildpacks."""
    if isinstance(node.value, dict):
        return [key[:60] for key in node.value]
    if isinstance(node.value, list):
        parts = [item.find("plan") or item.find("url") or item for item in node.value]
        return [str(part.value)[:60] for part in parts if isinstance(part.value, str)]
    return [str(node.value)[:60]]
