"""A parsed Python file → what the rules ask of it: assignments, calls, reads of the environment; with conditions."""

import re
import warnings
from dataclasses import dataclass

import libcst as cst

DEVELOPMENT = re.compile(r"DEBUG|\bDEV\b|DEVELOPMENT|development|\bLOCAL|local|sys\.argv|\bTEST|\btest|\bCI\b")
HEROKU = re.compile(r"DYNO|HEROKU", re.IGNORECASE)
ENVIRONMENT = re.compile(r"(^|\.)(environ|env|ENV|environment)$")
READERS = re.compile(
    r"(^|\.)(getenv|environ\.get|env|env\.\w+|config|get_(str|string|int|bool|float|any)\w*|get_env\w*)$"
)
NAME_KEYWORDS = {"name", "var", "key", "variable", "option"}  # what readers of the environment call it
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]+")
CHANGES = {"append", "insert", "extend", "update", "setdefault"}


@dataclass(frozen=True)
class Condition:
    """The test of an `if` around a statement; `holds` is False in its else branch."""

    text: str
    holds: bool

    @property
    def is_development(self) -> bool:
        """Whether the branch is for a developer's machine or tests: `if DEBUG`, the else of `if IS_HEROKU`."""
        holds = self.holds
        text = self.text
        if text.startswith("not "):
            text, holds = text[4:], not holds
        elif re.search(r"==\s*False|is False|not in|!=", text):
            holds = not holds
        return not holds if HEROKU.search(text) else holds and bool(DEVELOPMENT.search(text))


@dataclass(frozen=True, eq=False)
class Assignment:
    """`NAME = value`, `NAME[path] += value` or `NAME.append(value)`, at the top of a module or in a class of it."""

    name: str
    path: tuple[str, ...]
    operator: str  # `=`, `+=`, or the method
    value: cst.BaseExpression
    statement: cst.CSTNode
    conditions: tuple[Condition, ...]

    @property
    def is_development(self) -> bool:
        return any(condition.is_development for condition in self.conditions)


@dataclass(frozen=True, eq=False)
class Call:
    """A call by its dotted name, anywhere in the file."""

    name: str
    node: cst.Call
    conditions: tuple[Condition, ...]

    def argument(self, keyword: str) -> cst.Arg | None:
        return next((arg for arg in self.node.args if arg.keyword and arg.keyword.value == keyword), None)


@dataclass(frozen=True, eq=False)
class Read:
    """A variable read from the environment. `is_test` for `"NAME" in os.environ`."""

    variable: str
    string: cst.SimpleString  # where the name stands
    node: cst.CSTNode  # the whole expression
    is_required: bool  # the read fails if it is not set
    is_test: bool
    conditions: tuple[Condition, ...]
    in_function: bool
    is_declared: bool = False  # django-environ's `Env(NAME=(type, default))` has it


class Facts(cst.CSTVisitor):
    """Collects what the rules ask for, in one pass over a module."""

    def __init__(self, tree: cst.Module) -> None:
        super().__init__()
        self.tree = tree
        self.assignments: list[Assignment] = []
        self.calls: list[Call] = []
        self.reads: list[Read] = []
        self.strings: list[cst.SimpleString | cst.FormattedStringText] = []
        self.dicts: list[cst.Dict] = []
        self.declared: set[str] = set()
        self.star_imports: list[str] = []
        self.imports: set[str] = set()
        self.import_nodes: list[tuple[str, cst.SimpleStatementLine]] = []
        self.first_import: cst.CSTNode | None = None
        self._conditions: list[Condition] = []
        self._functions = 0
        self._handled: set[cst.CSTNode] = set()
        self._statement: cst.CSTNode = tree

    def visit_If_body(self, node: cst.If) -> None:
        self._conditions.append(Condition(self.tree.code_for_node(node.test), True))

    def leave_If_body(self, node: cst.If) -> None:
        self._conditions.pop()

    def visit_If_orelse(self, node: cst.If) -> None:
        self._conditions.append(Condition(self.tree.code_for_node(node.test), False))

    def leave_If_orelse(self, node: cst.If) -> None:
        self._conditions.pop()

    def visit_IfExp_body(self, node: cst.IfExp) -> None:
        self._conditions.append(Condition(self.tree.code_for_node(node.test), True))

    def leave_IfExp_body(self, node: cst.IfExp) -> None:
        self._conditions.pop()

    def visit_BooleanOperation_right(self, node: cst.BooleanOperation) -> None:
        self._conditions.append(Condition(self.tree.code_for_node(node.left), isinstance(node.operator, cst.And)))

    def leave_BooleanOperation_right(self, node: cst.BooleanOperation) -> None:
        self._conditions.pop()

    def visit_Try_body(self, node: cst.Try) -> None:
        self._conditions.append(Condition("try", True))

    def leave_Try_body(self, node: cst.Try) -> None:
        self._conditions.pop()

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._conditions.append(Condition(f"class {node.name.value.upper()}", True))

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
        self._conditions.pop()

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._functions += 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        self._functions -= 1

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        self._statement = node

    def visit_Import(self, node: cst.Import) -> None:
        for alias in node.names:
            if alias.asname is None:
                self.imports.add(dotted(alias.name))
            self._note_import(dotted(alias.name))

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        name = "." * len(node.relative) + (dotted(node.module) if node.module else "")
        if isinstance(node.names, cst.ImportStar):
            self.star_imports.append(name)
        self._note_import(name)

    def visit_Assign(self, node: cst.Assign) -> None:
        for target in node.targets:
            self._assign(target.target, "=", node.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if node.value is not None:
            self._assign(node.target, "=", node.value)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._assign(node.target, "+=", node.value)

    def visit_Dict(self, node: cst.Dict) -> None:
        self.dicts.append(node)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.strings.append(node)

    def visit_FormattedStringText(self, node: cst.FormattedStringText) -> None:
        self.strings.append(node)

    def visit_Call(self, node: cst.Call) -> None:
        name = dotted(node.func)
        self.calls.append(Call(name, node, tuple(self._conditions)))
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in CHANGES and node.args:
            self._assign(node.func.value, node.func.attr.value, node.args[-1].value)
        if name.rpartition(".")[2] in ("Env", "FileAwareEnv"):
            self.declared |= {arg.keyword.value for arg in node.args if arg.keyword and _has_default(arg.value)}
        variable = next(filter(_names_variable, node.args), None)
        if READERS.search(name) and variable is not None:
            others = [arg for arg in node.args if arg is not variable]
            has_default = any(arg.keyword is None or arg.keyword.value == "default" for arg in others)
            fails = not has_default and not name.endswith(("getenv", "environ.get"))
            self._read(variable.value, node, is_required=fails, is_test=False)

    def visit_Subscript(self, node: cst.Subscript) -> None:
        if ENVIRONMENT.search(dotted(node.value)) and node not in self._handled and len(node.slice) == 1:
            element = node.slice[0].slice
            if isinstance(element, cst.Index):
                self._read(element.value, node, is_required=True, is_test=False)

    def visit_Comparison(self, node: cst.Comparison) -> None:
        for comparison in node.comparisons:
            if isinstance(comparison.operator, cst.In | cst.NotIn) and ENVIRONMENT.search(
                dotted(comparison.comparator)
            ):
                self._read(node.left, node, is_required=False, is_test=True)

    def _note_import(self, name: str) -> None:
        if isinstance(self._statement, cst.SimpleStatementLine):
            self.import_nodes.append((name, self._statement))
            if not self._conditions and not self._functions and name != "__future__":
                self.first_import = self.first_import or self._statement

    def _read(self, string: cst.BaseExpression, node: cst.CSTNode, *, is_required: bool, is_test: bool) -> None:
        name = string_of(string)
        if isinstance(string, cst.SimpleString) and name and VARIABLE.fullmatch(name):
            where = tuple(self._conditions)
            self.reads.append(Read(name, string, node, is_required, is_test, where, self._functions > 0))

    def _assign(self, target: cst.BaseExpression, operator: str, value: cst.BaseExpression) -> None:
        """Notes an assignment to a setting: functions have local names only, so theirs are none."""
        self._handled.add(target)
        path: list[str] = []
        while isinstance(target, cst.Subscript):
            element = target.slice[0].slice
            key = string_of(element.value) if isinstance(element, cst.Index) else None
            path.insert(0, "?" if key is None else key)
            target = target.value
        if isinstance(target, cst.Name) and not self._functions:
            where = tuple(self._conditions)
            self.assignments.append(Assignment(target.value, tuple(path), operator, value, self._statement, where))


def dotted(node: cst.CSTNode) -> str:
    """`os.environ.get` of the expression; "" for what is no plain name."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr.value}"
    return ""


def string_of(node: cst.CSTNode | None) -> str | None:
    """The value of a plain or concatenated string literal; None for anything else."""
    if not isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `"\d"` is the project's affair
            value = node.evaluated_value
    except (SyntaxError, ValueError):
        return None
    return value if isinstance(value, str) else None


def leading_list(node: cst.BaseExpression) -> cst.List | cst.Tuple | None:
    """The list that an expression begins with: of `[…] + x`, `list(filter(None, […]))`, `[x for x in […] if x]`."""
    if isinstance(node, cst.List | cst.Tuple):
        return node
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        return leading_list(node.left)
    if isinstance(node, cst.ListComp | cst.GeneratorExp):
        return leading_list(node.for_in.iter)
    if isinstance(node, cst.Call) and node.args and dotted(node.func) in ("list", "tuple", "filter"):
        return leading_list(node.args[-1].value)
    return None


def _names_variable(argument: cst.Arg) -> bool:
    """Whether it is the variable's name: `env("X")`, `get_string(name="X")`."""
    return argument.keyword is None or argument.keyword.value in NAME_KEYWORDS


def _has_default(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.Tuple) and len(value.elements) > 1
