"""Small teams for tests, record by record, and a converted one as it is loaded."""

from pathlib import Path

from homeport.heroku.convert import Converted
from homeport.heroku.records import AddOn, App, Attachment, Coupling, Inventory, Process, Record
from homeport.model.load import load_platform
from homeport.model.platform import Platform


def load(converted: Converted, folder: Path) -> Platform:
    for path in converted.folders:
        (folder / path).mkdir(parents=True, exist_ok=True)
    file = folder / "homeport.yml"
    file.write_text(converted.platform_text)
    return load_platform(file)


def app(name: str, command: str = "gunicorn x.wsgi", **settings: str) -> list[Record]:
    process = Process(origin=f"{name}/web", app=name, type="web", command=command, size="Basic", quantity=1)
    return [App(origin=name, app=name, **settings), process]


def addon(name: str, on: str, service: str = "heroku-postgresql", plan: str = "standard-0") -> AddOn:
    return AddOn(origin=f"addon {name}", app=on, name=name, service=service, plan=plan)


def attached(name: str, to: str, addon_name: str) -> Attachment:
    return Attachment(origin=f"{to} {name} {addon_name}", app=to, name=name, addon=addon_name)


def stage(of: str, pipeline: str, name: str) -> Coupling:
    return Coupling(origin=f"{pipeline} {of}", app=of, pipeline=pipeline, stage=name)


def of(*records: Record | list[Record]) -> Inventory:
    flat = [record for item in records for record in (item if isinstance(item, list) else [item])]
    return Inventory(records=tuple(flat))
