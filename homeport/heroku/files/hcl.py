"""Terraform files → their blocks, and as much of their expressions as can be known without running Terraform.

Known are variables with defaults or in terraform.tfvars, locals, `count`, `for_each` over what is known, and what one
`heroku_*` resource says of another. Functions other than `toset`, conditions and data sources are unknown.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import hcl2

from homeport.heroku.files.findings import Findings, Place

START = re.compile(r'^[ \t]*(resource|data|variable|locals|module)\b[ \t]*["{]', re.MULTILINE)
ANY_START = re.compile(
    r"^(resource|variable|locals|module|data|provider|terraform|output|moved|import|removed|check|ephemeral)\b",
    re.MULTILINE,
)
SERIALIZED = hcl2.SerializationOptions(strip_string_quotes=True, with_comments=False, explicit_blocks=False)
COMMENT = re.compile(r"^[ \t]*/\*", re.MULTILINE)
TEMPLATE = re.compile(r"(?<!\$)\$\{([^{}]{1,300})\}")
REFERENCE = re.compile(r"([a-z_][\w-]*)((?:\.[A-Za-z_][\w-]*|\[[^\[\]]{1,100}\])+)", re.IGNORECASE)
STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[([^\[\]]+)\]")
TOSET = re.compile(r"toset\((.*)\)", re.DOTALL)
MERGE = re.compile(r"\$\{merge\(([^(){}]{1,500})\)\}", re.DOTALL)
PATH = re.compile(r"\$\{([a-z_][\w-]*(?:\.[A-Za-z_][\w-]*){1,4})\}")
RESOURCE = re.compile(r"\$\{((?:data\.)?heroku_\w{1,60}\.[\w-]{1,100})(\[[^\[\]]{1,100}\])?(?:\.(?:id|name|uuid))?\}")
CONFIG = (["vars"], ["sensitive_vars"])
NAMES = ("id", "name", "uuid")
STEPS_MAX, MERGES_MAX, DEPTH_MAX, LENGTH_MAX, INSTANCES_MAX = 20_000, 1_000, 20, 40_000, 200


class Unknown(Exception):
    """An expression that only Terraform could evaluate."""


@dataclass(frozen=True)
class Block:
    """`resource "heroku_app" "web" {…}`: kind, labels and body, where it starts."""

    kind: str
    labels: tuple[str, ...]
    body: Mapping[str, Any]
    place: Place
    line: int

    @property
    def address(self) -> str:
        return ".".join(self.labels)


@dataclass(frozen=True)
class Instance:
    """One of what a resource block stands for. `key` is `count.index`, `each.key`, or None."""

    block: Block
    key: int | str | None = None
    value: Any = None

    @property
    def address(self) -> str:
        return self.block.address if self.key is None else f"{self.block.address}[{json.dumps(self.key)}]"


@dataclass
class Module:
    """All that a folder declares. `steps` of one expression and `merges` of all bound the work of evaluating it."""

    variables: dict[str, Any] = field(default_factory=dict)
    locals: dict[str, Any] = field(default_factory=dict)
    instances: dict[str, list[Instance]] = field(default_factory=dict)  # by address of the block
    steps: int = 0
    merges: int = 0

    def value(self, expression: Any, instance: Instance | None = None, depth: int = 0) -> Any:
        """The value of an expression. Raises Unknown."""
        self.steps = self.steps + 1 if depth else 0
        if self.steps > STEPS_MAX or depth > DEPTH_MAX:
            raise Unknown
        if isinstance(expression, list):
            return [self.value(item, instance, depth + 1) for item in expression]
        if isinstance(expression, dict):
            pairs = ((key, value) for key, value in expression.items() if not key.startswith("__"))
            return {unquote(key): self.value(value, instance, depth + 1) for key, value in pairs}
        if not isinstance(expression, str):
            return expression
        return self._text(expression, instance, depth)

    def entries(self, expression: Any, instance: Instance | None, depth: int = 0) -> dict[str, Any]:
        """The values of a mapping by key, None for each that is Unknown. Raises Unknown if its keys are."""
        expression = self._followed(expression, depth)
        if depth < DEPTH_MAX and isinstance(expression, str) and (match := MERGE.fullmatch(expression)):
            merged: dict[str, Any] = {}
            self.merges += 1
            if self.merges > MERGES_MAX:
                raise Unknown
            for part in match[1].split(","):
                merged |= self.entries(f"${{{part.strip()}}}", instance, depth + 1)
            return merged
        if not isinstance(expression, dict):
            value = self.value(expression, instance)
            return value if isinstance(value, dict) else {}
        known: dict[str, Any] = {}
        for key, item in expression.items():
            try:
                known[unquote(key)] = self.value(item, instance)
            except Unknown:
                known[unquote(key)] = None
        return known

    def find_referred(self, expression: Any, instance: Instance | None) -> Instance | None:
        """The resource that an expression names: `heroku_app.web.id`, or what its name is made of: `var.app_name`."""
        if not isinstance(expression, str):
            return None
        match = RESOURCE.fullmatch(expression)
        for found in self.instances.get(match[1], []) if match else []:
            if (
                not match
                or not match[2]
                or (instance and found.key == instance.key)
                or match[2] == f"[{json.dumps(found.key)}]"
            ):
                return found
        named = (found for instances in self.instances.values() for found in instances)
        return next(
            (found for found in named if "$" in expression and found.block.body.get("name") == expression), None
        )

    def _followed(self, expression: Any, depth: int) -> Any:
        """What `local.common.vars` or `heroku_config.common.vars` stand for, not yet evaluated."""
        match = PATH.fullmatch(expression) if isinstance(expression, str) and depth < DEPTH_MAX else None
        root, *steps = match[1].split(".") if match else [""]
        body: Any = self.locals if root == "local" else None
        if steps and (instances := self.instances.get(f"{root}.{steps[0]}")):
            body, steps = instances[0].block.body, steps[1:]
            if steps in CONFIG and steps[0] not in body:
                return {}  # a heroku_config without them
        for step in steps:
            body = self._followed(body.get(step), depth + 1) if isinstance(body, dict) else None
        return expression if body is None or not steps else body

    def _text(self, text: str, instance: Instance | None, depth: int) -> Any:
        if text.startswith("<<"):
            text = _heredoc(text)
        if (whole := TEMPLATE.fullmatch(text)) or (text.startswith("${toset(") and text.endswith(")}")):
            return self._expression(whole[1] if whole else text[2:-1], instance, depth + 1)

        def replaced(match: re.Match[str]) -> str:
            value = self._expression(match[1], instance, depth + 1)
            if isinstance(value, list | dict) or value is None:
                raise Unknown
            return str(value).lower() if isinstance(value, bool) else str(value)

        result = TEMPLATE.sub(replaced, text)
        if len(result) > LENGTH_MAX or "${" in result.replace("$${", "") or "%{" in result:
            raise Unknown
        return result.replace("$${", "${")

    def _expression(self, expression: str, instance: Instance | None, depth: int) -> Any:
        expression = expression.strip()
        if match := TOSET.fullmatch(expression):
            return self._expression(match[1], instance, depth + 1)
        if match := REFERENCE.fullmatch(expression):
            steps = [name or self._expression(index, instance, depth + 1) for name, index in STEP.findall(match[2])]
            return self._reference(match[1], steps, instance, depth)
        try:
            return json.loads(expression)
        except (ValueError, RecursionError):
            raise Unknown from None

    def _reference(self, root: str, steps: list[Any], instance: Instance | None, depth: int) -> Any:
        first, rest = steps[0], steps[1:]
        if root in ("count", "each") and instance and instance.key is not None:
            return _walk(instance.value if first == "value" else instance.key, rest)
        if root == "var" and first in self.variables:
            return _walk(self.value(self.variables[first], None, depth + 1), rest)
        if root == "local" and first in self.locals:
            return _walk(self.value(self.locals[first], None, depth + 1), rest)
        if root.startswith(("heroku_", "herokux_")):
            return self._attribute(f"{root}.{first}", rest, depth)
        if root == "data" and rest:
            return self._attribute(f"data.{first}.{rest[0]}", rest[1:], depth)
        raise Unknown

    def _attribute(self, address: str, steps: list[Any], depth: int) -> Any:
        """What another resource says; its identifiers are all its name."""
        instances = self.instances.get(address, [])
        key = None
        if steps and (isinstance(steps[0], int) or any(steps[0] == found.key for found in instances)):
            key, steps = steps[0], steps[1:]
        for found in instances:
            if found.key == key or (len(instances) == 1 and key in (None, 0)):
                if not steps or (steps[0] in NAMES and "name" not in found.block.body):
                    return resource_name(found)
                attribute = "name" if steps[0] in NAMES else steps[0]
                if attribute in found.block.body:
                    return _walk(self.value(found.block.body[attribute], found, depth + 1), steps[1:])
        raise Unknown


def resource_name(instance: Instance) -> str:
    """The name of a resource that has none of its own: its label, and its key."""
    label = instance.block.labels[-1]
    return label if instance.key is None else f"{label}-{instance.key}"


def unquote(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def parse_blocks(text: str, found: Findings) -> list[Block]:
    """The blocks that matter here: resources of Heroku, variables, locals, modules. A broken one is only doubted."""
    text = _without_comments(text)
    starts = sorted({match.start() for match in (*START.finditer(text), *ANY_START.finditer(text))})
    blocks: list[Block] = []
    line, position = 1, 0
    for start, end in pairwise([*starts, len(text)]):
        line, position = line + text.count("\n", position, start), start
        chunk = text[start:end]
        if START.match(chunk) and not re.match(r'\s*(?:resource|data)\s+"(?!herokux?_)', chunk):
            blocks += _block(chunk, line, found)
    return blocks


def parse_values(text: str, found: Findings) -> dict[str, Any]:
    """A terraform.tfvars."""
    try:
        return {
            unquote(str(name)): value
            for name, value in hcl2.loads(text + "\n", serialization_options=SERIALIZED).items()
        }
    except Exception:  # lark raises many kinds, and RecursionError
        found.doubt(0, "is not HCL; it is left out")
        return {}


def expand(block: Block, module: Module, found: Findings) -> Iterator[Instance]:
    """The instances of a resource. What cannot be counted is taken as one."""
    for word in ("count", "for_each"):
        if word not in block.body:
            continue
        try:
            yield from _instances(block, word, module.value(block.body[word]))
        except Unknown:
            found.doubt(block.line, f"{block.address}: {word} cannot be known without Terraform; it was taken as one")
            yield Instance(block)
        return
    yield Instance(block)


def _instances(block: Block, word: str, value: Any) -> Iterator[Instance]:
    if word == "count":
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value[:9])
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= INSTANCES_MAX:
            raise Unknown
        yield from (Instance(block, index, index) for index in range(value))
    elif isinstance(value, dict) and len(value) <= INSTANCES_MAX:
        yield from (Instance(block, key, item) for key, item in value.items())
    elif isinstance(value, list) and len(value) <= INSTANCES_MAX:
        yield from (Instance(block, str(item), item) for item in dict.fromkeys(map(str, value)))
    else:
        raise Unknown


def _without_comments(text: str) -> str:
    """Without what stands in /* … */ from the start of a line on; lines keep their numbers."""
    parts, position = [], 0
    while (start := COMMENT.search(text, position)) and (end := text.find("*/", start.end())) >= 0:
        parts += [text[position : start.start()], "\n" * text.count("\n", start.start(), end)]
        position = end + 2
    return "".join([*parts, text[position:]])


def _block(chunk: str, line: int, found: Findings) -> Iterator[Block]:
    try:
        document = hcl2.loads(chunk + "\n", serialization_options=SERIALIZED)
    except Exception:  # lark raises many kinds, and RecursionError
        found.doubt(line, "a block is not HCL that can be read; it is left out")
        return
    for kind, bodies in document.items():
        for body in bodies if isinstance(bodies, list) else []:
            labels: tuple[str, ...] = ()
            while len(labels) < {"resource": 2, "data": 2, "variable": 1, "module": 1}.get(kind, 0) and isinstance(
                body, dict
            ):
                name = next(iter(body), "")
                labels, body = (*labels, unquote(name)), body.get(name)
            if isinstance(body, dict):
                yield Block(kind, labels, {unquote(key): value for key, value in body.items()}, found.place, line)


def _walk(value: Any, steps: list[Any]) -> Any:
    for step in steps:
        try:
            value = value[step] if isinstance(value, dict) else value[int(step)] if isinstance(value, list) else None
        except (KeyError, IndexError, ValueError, TypeError):
            raise Unknown from None
        if value is None:
            raise Unknown
    return value


def _heredoc(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(line.strip() if lines[0].startswith("<<-") else line for line in lines[1:-1])
