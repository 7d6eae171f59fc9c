"""One Postgres or Key-Value Store add-on, from the data host."""

from homeport.heroku.api import calls, data_records, wire
from homeport.heroku.api.reader import Reader
from homeport.heroku.records import Inventory, Unreadable

POSTGRES = "heroku-postgresql"
REDIS = "heroku-redis"


async def read_data(reader: Reader, addon: wire.WireAddOn) -> Inventory:
    """Versions, sizes, connections, schedules; nothing for other add-ons."""
    service = addon.addon_service.name
    if service == POSTGRES:
        await _postgres(reader, addon)
    elif service == REDIS:
        await _redis(reader, addon)
    return reader.inventory()


async def _postgres(reader: Reader, addon: wire.WireAddOn) -> None:
    for found in await reader.items(calls.postgres(addon)) or ():
        schedules = await reader.items(calls.backup_schedules(addon)) or ()
        several = (found.credentials or 1) > 1
        credentials = await reader.items(calls.credentials(addon)) if several else None
        reader.add([data_records.convert_postgres(addon, found, schedules, credentials or ())])
        reason = "Heroku's API does not tell; the database itself does"
        reader.unreadable.append(Unreadable(f"extensions of {addon.name}", reason, reader.app))


async def _redis(reader: Reader, addon: wire.WireAddOn) -> None:
    for found in await reader.items(calls.redis(addon)) or ():
        is_told = any(line.name == data_records.EVICTION for line in found.info)  # older versions do not tell
        config = () if is_told else await reader.items(calls.redis_config(addon)) or ()
        reader.add([data_records.convert_redis(addon, found, (*config, wire.RedisConfig())[0])])
