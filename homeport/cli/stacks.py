"""`homeport plan`, `apply` and `destroy`: the stacks of one environment, in order.

Nothing is applied that was not shown: what is applied is the plan's file, and a stack whose plan depends on another's
outputs is planned, shown and asked about after that one was applied.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from homeport.cli.board import Board
from homeport.cli.domains import (
    as_document,
    find_targets,
    print_domains,
    read_domains,
    wait_for_certificates,
    write_issued,
)
from homeport.cli.stack_steps import StackSteps
from homeport.cli.workspace import Workspace, open_workspace
from homeport.errors import HomeportError
from homeport.model.load import load_platform
from homeport.terraform import run
from homeport.terraform.differences import Difference, summarise
from homeport.terraform.protection import check_confirmed, check_known, data_holders, render_unprotected
from homeport.terraform.roots import LOCAL, STACKS, find_place

MARKS = {"create": ("+", "green"), "update": ("~", "yellow"), "replace": ("±", "magenta"), "destroy": ("-", "red")}
FOUNDATION = STACKS[0]
ONLY_STATE = "nothing but Terraform's state to change"  # data read again, or something that moved
NOT_YET = "planned when foundation has been applied"


@dataclass(frozen=True)
class Shown:
    """A plan and what the user was shown of it; `text` says why there is no plan, or what no difference tells."""

    stack: str
    plan: run.Plan | None
    differences: list[Difference]
    text: str = ""

    @property
    def summary(self) -> str:
        return self.text or summarise(self.differences)


def stack_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--stack", type=click.Choice(STACKS), help="Only this stack.")(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")(command)


def confirm_option(command: Callable[..., Any]) -> Callable[..., Any]:
    text = "Let this database, this bucket or `users` be destroyed; may be given more than once."
    return click.option("--confirm", multiple=True, metavar="NAME", help=text)(command)


@click.command()
@click.argument("environment")
@stack_option
@click.option("--check", is_flag=True, help="Exit with 1 if anything would change.")
@json_option
@click.pass_obj
def plan(file: Path, environment: str, stack: str | None, check: bool, as_json: bool) -> None:
    """Show what would change in ENVIRONMENT.

    Nothing is changed, except that the bucket for Terraform's state is made in a new environment.
    """
    workspace = open_workspace(file, environment)
    with Board() as board:
        shown = list(_plan_all(workspace, _chosen(workspace, stack), board))
    for one in shown:
        _show(one, hidden=as_json)
    _answer(shown, as_json)
    if check and any(one.plan is None or not one.plan.is_empty for one in shown):
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("environment")
@stack_option
@confirm_option
@click.option("--yes", is_flag=True, help="Apply without asking.")
@json_option
@click.pass_obj
def apply(
    file: Path, environment: str, *, stack: str | None, confirm: tuple[str, ...], yes: bool, as_json: bool
) -> None:
    """Make ENVIRONMENT what homeport.yml says, after showing what that changes."""
    workspace = open_workspace(file, environment)

    def apply_one(one: run.Stack) -> Shown:
        with Board() as board:
            shown = _plan(workspace, one, board)
        if shown.plan is None:
            raise HomeportError(f"{one.name}: {shown.text}", f"homeport apply {environment}")
        check_confirmed(workspace.place, _destroyed(shown), set(confirm))
        _show(shown, hidden=as_json)
        if not shown.plan.is_empty:
            _ask(f"Apply this to {environment}?", yes)
            with Board() as board:
                _apply(workspace, shown.plan, board, outputs=sum(one.is_output for one in shown.differences))
        return shown

    done = [apply_one(one) for one in _chosen(workspace, stack)]
    with Board() as board:
        again = stack in (None, FOUNDATION) and wait_for_certificates(workspace, board)
    if again:
        done.append(apply_one(workspace.stacks[0]))
    _answer(done, as_json, workspace)


@click.command()
@click.argument("environment")
@confirm_option
@click.option("--yes", is_flag=True, help="Destroy without asking.")
@json_option
@click.pass_obj
def destroy(file: Path, environment: str, *, confirm: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Destroy everything in ENVIRONMENT: apps, then foundation.

    In a protected environment each database, each bucket and `users` has to be named with --confirm; databases leave a
    final snapshot behind.
    """
    place = find_place(load_platform(file), environment)
    check_known(place, set(confirm))
    check_confirmed(place, set(data_holders(place).values()), set(confirm))
    workspace = open_workspace(file, environment)
    with Board() as board:
        shown = [_plan(workspace, stack, board, destroy=True) for stack in reversed(workspace.stacks)]
    for one in shown:
        _show(one, hidden=as_json)
    if any(one.plan is not None and not one.plan.is_empty for one in shown):
        _ask(f"Destroy all of this in {environment}?", yes)
        with Board() as board:
            _destroy(file, workspace, shown, board)
    _answer(shown, as_json)


def _chosen(workspace: Workspace, stack: str | None) -> list[run.Stack]:
    return [one for one in workspace.stacks if stack in (None, one.name)]


def _plan_all(workspace: Workspace, stacks: Iterable[run.Stack], board: Board) -> Iterator[Shown]:
    """Plan each stack as far as that is possible before the one below it was applied."""
    changed = False
    for stack in stacks:
        try:
            shown = _plan(workspace, stack, board)
        except HomeportError as error:
            if not changed:
                raise
            shown = Shown(stack.name, None, [], f"{NOT_YET} (now: {error.message.splitlines()[0]})")
        changed = changed or shown.plan is None or not shown.plan.is_empty
        yield shown


def _plan(workspace: Workspace, stack: run.Stack, board: Board, *, destroy: bool = False) -> Shown:
    steps = StackSteps(board, stack.name)
    try:
        if text := _why_not(workspace, stack, steps, destroy):
            steps.step.skipped(text)
            return Shown(stack.name, None, [], text)
        if stack.name == FOUNDATION and not destroy:
            write_issued(workspace)
        planned = run.plan(workspace.tool, stack, steps, destroy=destroy)
        differences = run.read_plan(workspace.tool, planned)
    except BaseException:
        steps.step.failed("not planned")
        raise
    text = "" if differences or planned.is_empty else ONLY_STATE
    shown = Shown(stack.name, planned, differences, text)
    steps.step.done(shown.summary)
    return shown


def _why_not(workspace: Workspace, stack: run.Stack, listen: run.Listen, destroy: bool) -> str:
    """Why a stack cannot be planned; empty if it can. Initialises what has to be looked at."""
    run.init(workspace.tool, stack, listen)
    if destroy:
        return "" if run.read_state(workspace.tool, stack).get("resources") else "there is nothing"
    for below in workspace.stacks[: workspace.stacks.index(stack)]:
        run.init(workspace.tool, below, listen)
        if not run.read_outputs(workspace.tool, below):
            return NOT_YET
    return ""


def _apply(workspace: Workspace, planned: run.Plan, board: Board, *, outputs: int = 0) -> None:
    steps = StackSteps(board, planned.stack.name)
    try:
        run.apply(workspace.tool, planned, steps)
    except BaseException:
        steps.failed()
        raise
    steps.done(outputs)


def _destroy(file: Path, workspace: Workspace, shown: Iterable[Shown], board: Board) -> None:
    for one in shown:
        if one.plan is None or one.plan.is_empty:
            continue
        planned = one.plan
        if workspace.place.protected and one.stack == FOUNDATION:
            planned = _unprotect(file, workspace, one, board)
        _apply(workspace, planned, board)
    open_workspace(file, workspace.place.name)  # as it was, protection included


def _unprotect(file: Path, workspace: Workspace, shown: Shown, board: Board) -> run.Plan:
    """Take the protection off; the plan that then destroys what was shown, and nothing else."""
    open_workspace(file, workspace.place.name, unprotected=render_unprotected(workspace.place))
    stack = workspace.stacks[0]
    modules = {*data_holders(workspace.place).values(), "cluster"} & {one.module for one in shown.differences}
    steps = StackSteps(board, f"{stack.name}: protection")
    run.init(workspace.tool, stack, steps)
    only = [f"module.{module}" for module in sorted(modules)]
    _apply(workspace, run.plan(workspace.tool, stack, steps, only=only), board)
    steps.done()
    again = _plan(workspace, stack, board, destroy=True)
    more = {one.address for one in again.differences if not one.is_output} - {one.address for one in shown.differences}
    if again.plan is None or more:
        raise HomeportError(f"{stack.name}: {', '.join(sorted(more))} came up meanwhile; stopped", "run it again")
    return again.plan


def _destroyed(shown: Shown) -> set[str]:
    """Module calls whose data a plan would destroy."""
    return {difference.module for difference in shown.differences if difference.destroys_data}


def _show(shown: Shown, *, hidden: bool) -> None:
    """The plan, readable: a line for each resource and output, and one for each attribute that changes."""
    if hidden:
        return
    click.secho(f"{shown.stack}: {shown.summary}", bold=True)
    for difference in shown.differences:
        mark, colour = MARKS[difference.action]
        data = "   holds data" if difference.destroys_data else ""
        click.secho(f"  {mark} {difference.address}{data}", fg=colour)
        for attribute in difference.attributes:
            forces = "   (forces a replacement)" if attribute.forces else ""
            click.echo(f"      {attribute.name}: {attribute.before} → {attribute.after}{forces}")


def _ask(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise HomeportError("nobody can be asked: this is not a terminal", "if it shall go on without asking: --yes")
    click.confirm(question, abort=True, err=True)


def _answer(shown: Iterable[Shown], as_json: bool, applied: Workspace | None = None) -> None:
    """What was shown, as JSON; and in either form the domains of what was applied, if something is to be done there."""
    states = find_targets(read_domains(applied), applied.place.name) if applied else []
    if as_json:
        stacks = [
            {"stack": one.stack, "text": one.text, "changes": [asdict(difference) for difference in one.differences]}
            for one in shown
        ]
        more = {"domains": as_document(states, applied.place.name)["domains"]} if applied else {}
        click.echo(json.dumps({"stacks": stacks, **more}, indent=2))
    elif applied and applied.place.name != LOCAL and any(state.next_step(applied.place.name) for state in states):
        click.echo()
        print_domains(states, applied.place.name)
