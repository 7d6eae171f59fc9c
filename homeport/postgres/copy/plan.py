"""`Contents` → the tasks of a copy, each with what it waits for. Pure.

Per table: rows, indexes side by side, then what needs the table for itself: constraints from those indexes, foreign
keys from and to it (unchecked), ANALYZE. Then its foreign keys are checked, one after another, while their parents may
still be analysed. So two never want the same lock, and nobody waits for it. Of a small table all but the rows and the
foreign keys is one task, since a transaction for each would cost more than what it does.
Every task may be run again: what it did is recorded in the transaction that did it.
"""

import math
from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from homeport.postgres.copy.contents import Constraint, Contents, ForeignKey, Index, Table, View
from homeport.postgres.copy.graph import Task

CHUNK_BYTES = 1 << 30  # of a table, TOAST included: below, a table is one task
SMALL_BYTES = 1 << 20  # of a table, TOAST included: below, it is built in one task
LOADED = "loaded"  # the task after which the source's snapshot is no longer needed
REST = "rest"  # triggers, policies, rules, grants: the last task
SEQUENCES = "sequences"
PARTITIONS = "partitions"  # the task that makes one index of those of partitions
COPY_SECONDS, INDEX_SECONDS, CHECK_SECONDS, ANALYZE_SECONDS = 1e-8, 2e-8, 5e-9, 3e-9  # per byte, one stream
EXPRESSION_SECONDS = 1.5e-7  # to_tsvector, of English; what takes less begins too early, which harms nothing
ROWS, INDEXES, LATER = 0, 1, 2


def chunk_ranges(table: Table, chunk_bytes: int = CHUNK_BYTES) -> list[tuple[int, int | None]]:
    """First page and the page after the last (None: to the end) of each part of a table, of about equal size.

    Cut by what the table weighs with its TOAST: a small heap may point to a terabyte.
    """
    count = min(math.ceil(table.bytes / chunk_bytes), max(table.pages, 1)) if table.pages and not table.condition else 1
    starts = [table.pages * part // count for part in range(max(count, 1))]
    return list(zip(starts, [*starts[1:], None], strict=True))


def row_task(table: Table, first: int, end: int | None) -> str:
    """The name of the task that copies these pages."""
    whole = first == 0 and end is None
    return f"rows {table.name}" if whole else f"rows {table.name} from {first} to {'the end' if end is None else end}"


def plan_tasks(contents: Contents, chunk_bytes: int = CHUNK_BYTES, small_bytes: int = SMALL_BYTES) -> list[Task]:
    """All tasks, in no particular order."""
    small = {table.name for table in contents.tables if table.bytes < small_bytes}
    rows = _row_tasks(contents, chunk_bytes)
    loads = [task.name for tasks in rows.values() for task in tasks]
    objects = [Task(f"large objects {first}-{last}", rank=ROWS) for first, last in contents.large_objects]
    loads += [task.name for task in objects]
    tasks = [task for tasks in rows.values() for task in tasks] + objects
    tasks.append(Task(LOADED, after=tuple(loads), rank=ROWS))
    built, analyses, ends = _index_tasks(contents, rows, small)
    attached, partitions = _attach_tasks(contents, ends)
    keys, holders = _foreign_key_tasks(contents, ends, attached, small, analyses)
    tasks += built + partitions + keys
    for table, task in analyses.items():
        others = (*holders[table], *([PARTITIONS] if table in attached else []))
        tasks.append(replace(task, after=(*task.after, *others)))
    tasks.append(Task(SEQUENCES, after=(LOADED,), rank=LATER))
    tasks.append(Task(REST, after=tuple(task.name for task in tasks), rank=LATER))
    return tasks


def _row_tasks(contents: Contents, chunk_bytes: int) -> dict[str, list[Task]]:
    """By table; none for a table without a page."""
    return {
        table.name: [
            Task(row_task(table, *pages), cost=table.bytes * COPY_SECONDS / len(ranges), rank=ROWS) for pages in ranges
        ]
        for table in contents.tables
        if table.pages
        for ranges in [chunk_ranges(table, chunk_bytes)]
    }


def _index_tasks(
    contents: Contents, rows: dict[str, list[Task]], small: set[str]
) -> tuple[list[Task], dict[str, Task], dict[str, str]]:
    """Views, indexes, constraints that need their table alone; by table its ANALYZE, and the last task before that."""
    tasks: list[Task] = []
    analyses: dict[str, Task] = {}
    ends: dict[str, str] = {}
    sizes = {table.name: table.bytes for table in contents.tables if table.pages}
    sources = {name: tuple(task.name for task in parts) for name, parts in rows.items()}
    for view in _populated(contents.views):
        after = (LOADED, *(f"refresh {name}" for name in view.after))
        tasks.append(Task(f"refresh {view.name}", (f"REFRESH MATERIALIZED VIEW {view.name}",), after, 1.0, INDEXES))
        sources[view.name], sizes[view.name] = (f"refresh {view.name}",), view.bytes
    builds: dict[str, list[Task]] = defaultdict(list)
    alone: dict[str, list[str]] = defaultdict(list)
    costs: dict[str, float] = defaultdict(float)
    expressions: dict[str, float] = defaultdict(float)
    for index in contents.indexes:
        after, cost = sources.get(index.table, ()), index.bytes * INDEX_SECONDS
        builds[index.table].append(Task(f"index {index.name}", (index.create,), after, cost, INDEXES))
        expressions[index.table] += index.sampled_bytes * EXPRESSION_SECONDS
        alone[index.table] += [index.attach] if index.attach else []
    for constraint in contents.constraints:
        alone[constraint.table].append(constraint.create)
        costs[constraint.table] += constraint.bytes * INDEX_SECONDS
    for table in {**sources, **builds, **alone}:
        after, own = sources.get(table, ()), builds[table]
        last = tuple(task.name for task in own) or after
        if alone[table]:
            own.append(Task(f"keys {table}", tuple(alone[table]), last, 0.1 + costs[table], INDEXES))
            last = (f"keys {table}",)
        if sizes.get(table):
            cost = sizes[table] * ANALYZE_SECONDS + expressions[table]
            analyses[table] = Task(f"analyze {table}", (f"ANALYZE {table}",), last, cost, INDEXES)
        if table in small:
            own += [analyses.pop(table)] if table in analyses else []
            if own:
                own, last = [_as_one(f"build {table}", own, after)], (f"build {table}",)
        if len(last) != 1:
            own.append(Task(f"end {table}", (), last, 0.0, INDEXES))
            last = (f"end {table}",)
        tasks += own
        (ends[table],) = last
    return tasks, analyses, ends


def _as_one(name: str, tasks: list[Task], after: tuple[str, ...]) -> Task:
    """What these do in their order, in one transaction."""
    statements = "; ".join(statement for task in tasks for statement in task.statements)
    return Task(name, (statements,), after, sum(task.cost for task in tasks), INDEXES)


def _attach_tasks(contents: Contents, ends: dict[str, str]) -> tuple[set[str], list[Task]]:
    """Indexes of partitions become part of their parent's; and the tables that this is about.

    A key of a partitioned table is one of all its partitions, so it waits for this, which then waits for every table.
    """
    parts: list[Index | Constraint] = [*contents.indexes, *contents.constraints]
    tables = {part.name: part.table for part in parts}
    children = [part for part in parts if part.parent]
    attached = {table for part in children for table in (part.table, tables[part.parent])}
    statements = tuple(f"ALTER INDEX {part.parent} ATTACH PARTITION {part.name}" for part in children)
    if any(key.in_one_step for key in contents.foreign_keys):
        return attached, [Task(PARTITIONS, statements, tuple(ends.values()), 0.1, INDEXES)]
    after = tuple(ends[table] for table in sorted(attached))
    return attached, [Task(PARTITIONS, statements, after, 0.1, INDEXES)] if statements else []


def _foreign_key_tasks(
    contents: Contents, ends: dict[str, str], attached: set[str], small: set[str], analysed: Collection[str]
) -> tuple[list[Task], dict[str, list[str]]]:
    """Two per table that refers to others, one if it is small; and by table the tasks that hold it to add a key."""
    by_table: dict[str, list[ForeignKey]] = defaultdict(list)
    for key in contents.foreign_keys:
        by_table[key.table].append(key)
    tasks: list[Task] = []
    holders: dict[str, list[str]] = defaultdict(list)
    for table, own in by_table.items():
        both = {table, *(key.parent for key in own)}
        in_one_step = any(key.in_one_step for key in own)
        partitioned = both & attached or in_one_step
        after = (*sorted({ends[name] for name in both if name in ends}), *([PARTITIONS] if partitioned else []))
        adds = [
            f"ALTER TABLE {'' if key.in_one_step else 'ONLY '}{table} ADD CONSTRAINT {key.name} {key.definition}"
            f"{'' if key.in_one_step and key.valid else ' NOT VALID'}"
            for key in own
        ]
        checks = [
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {key.name}" for key in own if key.valid and not key.in_one_step
        ]
        cost = sum(key.bytes for key in own) * CHECK_SECONDS
        if table in small:
            tasks.append(Task(f"foreign keys {table}", ("; ".join([*adds, *checks]),), after, cost, INDEXES))
        else:
            whole = sum(key.bytes for key in own if key.in_one_step) * CHECK_SECONDS
            tasks.append(Task(f"foreign keys {table}", ("; ".join(adds),), after, whole, INDEXES))
            if checks:
                free = (f"foreign keys {table}", *([f"analyze {table}"] if table in analysed else []))
                tasks.append(Task(f"check foreign keys {table}", tuple(checks), free, cost - whole, INDEXES))
        for name in both | attached if in_one_step else both:
            holders[name].append(f"foreign keys {table}")
    return tasks, holders


def _populated(views: tuple[View, ...]) -> list[View]:
    return [view for view in views if view.populated]
