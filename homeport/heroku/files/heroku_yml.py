"""heroku.yml → the images that it builds, what they run, and what the app was created with.

https://devcenter.heroku.com/articles/build-docker-images-heroku-yml. It counts only for apps on the stack `container`.
"""

from homeport.heroku.files.addons import keep_addon
from homeport.heroku.files.config import keep_variable
from homeport.heroku.files.findings import Findings, Place
from homeport.heroku.files.tree import Node, entries, items, text
from homeport.heroku.files.yaml_tree import parse_yaml
from homeport.heroku.records import App, DockerImage, Inventory, Other, Process

SECTIONS = {"setup", "build", "release", "run"}
OLD_BUILD_KEYS = {"languages", "packages", "pre", "post", "buildpacks"}


def parse_heroku_yml(content: str, place: Place) -> Inventory:
    """Records of the file. Without `run`, each image gets a Process with an empty command: the image's own."""
    found = Findings(place)
    root = parse_yaml(content, found)
    if not isinstance(root.value, dict):
        found.doubt(root.line, f"is {root.kind}, where a mapping is expected; nothing was read")
        return found.inventory()
    found.records.append(App(origin=found.at(root.line, "stack"), app=found.app, stack="container"))
    _setup(root.find("setup"), found)
    images = _build(root.find("build"), found)
    _release(root.find("release"), found)
    _run(root.find("run"), images, found)
    for key, node in root.value.items():
        if key not in SECTIONS:
            found.doubt(node.line, f"{key[:60]} is no key of heroku.yml; it is left out")
    return found.inventory()


def _setup(node: Node | None, found: Findings) -> None:
    for key, part in entries(node, "setup", found):
        if key not in ("addons", "config"):
            found.doubt(part.line, f"setup.{key[:60]} is no key of heroku.yml; it is left out")
    setup = node or Node(None, 1)
    for index, item in enumerate(items(setup.find("addons"), "setup.addons", found)):
        what = f"setup.addons[{index}]"
        if isinstance(item.value, dict):
            alias = text(item.find("as"), f"{what}.as", found)
            keep_addon(found, item.line, what, text(item.find("plan"), f"{what}.plan", found), alias=alias)
        else:
            found.doubt(item.line, f"{what} is {item.kind}, where {{plan: …}} is expected; it was taken as the plan")
            keep_addon(found, item.line, what, text(item, what, found))
    for name, value in entries(setup.find("config"), "setup.config", found):
        keep_variable(found, value.line, name, text(value, f"setup.config.{name}"[:80], found))


def _build(node: Node | None, found: Findings) -> dict[str, Node]:
    """The images by name, after their records are added."""
    build = node or Node(None, 1)
    arguments = tuple(name for name, _ in entries(build.find("config"), "build.config", found))
    images: dict[str, Node] = {}
    for name, item in entries(build.find("docker"), "build.docker", found):
        what = f"build.docker.{name}"[:80]
        dockerfile = item.find("dockerfile") if isinstance(item.value, dict) else item
        images[name] = item
        found.records.append(
            DockerImage(
                origin=found.at(item.line, what),
                app=found.app,
                name=name,
                dockerfile=text(dockerfile, what, found) or "Dockerfile",
                target=text(item.find("target"), f"{what}.target", found),
                arguments=arguments,
            )
        )
    for key, item in entries(node, "build", found):
        if key in OLD_BUILD_KEYS:
            found.doubt(item.line, f"build.{key} is of the old manifest beta; it is told, not used")
            found.records.append(
                Other(origin=found.at(item.line, f"build.{key}"), app=found.app, kind="heroku.yml build", name=key)
            )
        elif key not in ("docker", "config"):
            found.doubt(item.line, f"build.{key[:60]} is no key of heroku.yml; it is left out")
    return images


def _release(node: Node | None, found: Findings) -> None:
    if node is None or node.value is None:
        return
    _process("release", node, found)


def _run(node: Node | None, images: dict[str, Node], found: Findings) -> None:
    named = set()
    for name, item in entries(node, "run", found):
        named.add(name)
        _process(name, item, found)
    for name, item in ({} if named else images).items():
        if name != "release":
            found.records.append(
                Process(origin=found.at(item.line, f"run.{name}"[:80]), app=found.app, type=name, image=name)
            )
            found.doubt(item.line, f"{name[:60]} has no command in `run`; it runs the CMD of its Dockerfile")


def _process(name: str, node: Node, found: Findings) -> None:
    what = name if name == "release" else f"run.{name}"[:80]
    is_short = not isinstance(node.value, dict)
    command = _command(node if is_short else node.find("command"), what, found)
    image = "" if is_short else text(node.find("image"), f"{what}.image", found)
    if not command:
        found.doubt(node.line, f"{what} has no command; it runs the CMD of its Dockerfile")
    found.records.append(
        Process(
            origin=found.at(node.line, what),
            app=found.app,
            type=name,
            command=command,
            image=image or ("" if name == "release" else name),
        )
    )


def _command(node: Node | None, what: str, found: Findings) -> str:
    """A list is one command in parts; a block of several lines is one after the other in one shell."""
    if node is None or isinstance(node.value, dict):
        return text(node, f"{what}.command", found)
    if not isinstance(node.value, list):
        return text(node, what, found).strip()
    parts = [text(item, f"{what}.command", found).strip() for item in node.value]
    if len(parts) > 1:
        found.doubt(node.line, f"{what}.command is a list of {len(parts)}; its parts were joined to one command")
    return " ".join(part for part in parts if part)
