"""A Terraform folder's `heroku_*` resources → records.

The resources are those of the provider `heroku/heroku`. What Terraform alone could evaluate becomes a doubt. The state
is not read: it holds secrets.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from homeport.heroku.files import hcl
from homeport.heroku.files.disk import read_text
from homeport.heroku.files.findings import Findings, Place, total
from homeport.heroku.files.terraform_records import RECORDS, Resource, keep_other
from homeport.heroku.records import Inventory

RESOURCE = re.compile(r'^[ \t]*resource[ \t]+"herokux?_', re.MULTILINE)
FILES_MAX = 200
BYTES_MAX = 300_000  # of one file: HCL is read at about 100 kB a second


def has_resources(folder: Path) -> bool:
    """Does a Terraform file of the folder speak of Heroku?"""
    return any("heroku" in text and RESOURCE.search(text) for text, _ in _texts(folder, folder.name)[0])


def read_terraform(folder: Path, label: str) -> Inventory:
    """Records of all Terraform files of a folder. Modules and folders below are not read."""
    texts, found = _texts(folder, label)
    values = [read_text(file, Place(f"{label}/{file.name}", ""), BYTES_MAX) for file in _tfvars(folder)]
    read = [(text, Place(f"{label}/terraform.tfvars", "")) for text, _ in values if text is not None]
    return found + parse_terraform(texts, read)


def parse_terraform(texts: Iterable[tuple[str, Place]], values: Iterable[tuple[str, Place]] = ()) -> Inventory:
    """Records of the texts of one folder, which Terraform reads as one; `values` are those of tfvars files."""
    module = hcl.Module()
    findings = []
    resources: list[tuple[hcl.Block, Findings]] = []
    sources: list[hcl.Instance] = []
    for text, place in texts:
        found = Findings(place)
        findings.append(found)
        for block in hcl.parse_blocks(text, found):
            if block.kind == "resource":
                resources.append((block, found))
            elif block.kind == "data":
                sources.append(hcl.Instance(block))
            else:
                _declare(block, module, found)
    for text, place in values:
        findings.append(found := Findings(place))
        module.variables |= hcl.parse_values(text, found)
    expanded = [(list(hcl.expand(block, module, found)), found) for block, found in resources]
    module.instances = {instances[0].block.address: instances for instances, _ in expanded if instances}
    module.instances |= {f"data.{source.address}": [source] for source in sources}
    for instances, found in expanded:
        for instance in instances:
            _keep(Resource(instance, module, found))
    return total([found.inventory() for found in findings])


def _declare(block: hcl.Block, module: hcl.Module, found: Findings) -> None:
    if block.kind == "variable" and "default" in block.body:
        module.variables[block.address] = block.body["default"]
    elif block.kind == "locals":
        module.locals |= block.body
    elif block.kind == "module":
        found.doubt(block.line, f"module.{block.address}: modules are not followed; give its folder too")


def _keep(resource: Resource) -> None:
    RECORDS.get(resource.type, keep_other)(resource)


def _texts(folder: Path, label: str) -> tuple[list[tuple[str, Place]], Inventory]:
    files = sorted(file for file in folder.iterdir() if file.name.endswith((".tf", ".tf.json")))
    texts, parts = [], []
    for file in files[:FILES_MAX]:
        place = Place(f"{label}/{file.name}", "")
        if file.name.endswith(".json"):
            found = Findings(place)
            found.doubt(0, "is Terraform's JSON, which is not read")
            parts.append(found.inventory())
            continue
        text, doubts = read_text(file, place, BYTES_MAX)
        parts.append(Inventory(doubts=doubts))
        if text is not None:
            texts.append((text, place))
    if len(files) > FILES_MAX:
        found = Findings(Place(label, ""))
        found.doubt(0, f"has more than {FILES_MAX} Terraform files; the first were read")
        parts.append(found.inventory())
    return texts, total(parts)


def _tfvars(folder: Path) -> list[Path]:
    """In Terraform's order: later ones win."""
    automatic = sorted(file for file in folder.iterdir() if file.name.endswith(".auto.tfvars"))
    return [file for file in (folder / "terraform.tfvars", *automatic) if file.exists()]
