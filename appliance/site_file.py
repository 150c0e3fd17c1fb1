"""The site's settings as a YAML file: text → tree of values with their lines → ``Site``.

Scalars are read plainly: ``true`` and ``false``, decimal numbers without leading zeros, everything else is a text exactly
as written. YAML 1.1 would read the PIN 0123 as 83 and a name ``no`` as false.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import Text, text
from engine.settings.build import Node, build_site
from engine.settings.faults import Fault, SiteFaults
from engine.settings.show import show_site
from engine.settings.site import Site

__all__ = ["SITE_OCTETS_MAX", "demo_site_file", "demo_site_written", "overridden_site", "parse_site", "read_site", "site_as_yaml"]

SITE_OCTETS_MAX = 1024 * 1024
DEPTH_MAX = 20
VALUES_MAX = 100_000
"""Values after aliases were followed: a small file can repeat itself a million times."""

WHOLE = re.compile(r"0|-?[1-9][0-9]{0,29}")
DECIMAL = re.compile(r"-?[0-9]{1,30}\.[0-9]{1,30}")
PLAIN_TAGS = frozenset({"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map", "!"})


def demo_site_file() -> Path:
    """The site file that a new appliance starts with, and that scenarios begin from: one card with analog ports."""
    return Path(__file__).parent / "demo" / "site.yaml"


def demo_site_written() -> str:
    """The same with an E1, as a new data folder gets it: nothing has to be bought for that where boards are simulated."""
    parts = (demo_site_file(), demo_site_file().with_name("e1.yaml"))
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)


def read_site(file: Path) -> Site:
    """Read and check a site file. Raises SiteFaults or BadInput (the file is wrong), EnvironmentFault (cannot be read)."""
    return parse_site(_written(file), str(file))


def _written(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            octets = opened.read(SITE_OCTETS_MAX + 1)
    except OSError as error:
        raise EnvironmentFault(text("cannot read the site file {file}: {why}", file=file, why=error.strerror or error)) from error
    if len(octets) > SITE_OCTETS_MAX:
        raise BadInput(text("{file} is larger than {most} octets; it is not a site file", file=file, most=SITE_OCTETS_MAX))
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise _faulty(str(file), line, 1, text("this is not UTF-8; save the file as UTF-8")) from error


def parse_site(written: str, file: str) -> Site:
    """The site written in this text. Raises SiteFaults with every fault; ``file`` names the text in messages."""
    return build_site(_parse(written, file), file)


def overridden_site(base: Path, overrides: yaml.MappingNode, file: str) -> Site:
    """The site of the file ``base`` with the settings of ``overrides``, which are written in ``file``.

    Groups are merged setting by setting; lists of named things (lines, agents, …) thing by thing, new ones are added; every other
    value is replaced. Raises as ``read_site``; faults are at their place in ``file``.
    """
    root = _Tree(file).read(overrides)
    return build_site(_merged(_moved(_parse(_written(base), str(base)), root), root), file)


KNOWN_BY = {"agents": "number", "reasons": "digit"}
"""What the things in a list are known by; in all others by their name."""


def _merged(base: Node, over: Node, setting: str = "") -> Node:
    if isinstance(base.value, Mapping) and isinstance(over.value, Mapping):
        old = base.value
        changed = {name: _merged(old[name], node, name) if name in old else node for name, node in over.value.items()}
        return replace(over, value={**old, **changed})
    if isinstance(base.value, tuple) and isinstance(over.value, tuple):
        key = KNOWN_BY.get(setting, "name")
        things = {_known(part, key): part for part in base.value}
        if None not in things and all(_known(part, key) is not None for part in over.value):
            for part in over.value:
                known = _known(part, key)
                things[known] = _merged(things[known], part) if known in things else part
            return replace(over, value=tuple(things.values()))
    return over


def _known(node: Node, key: str) -> object:
    """What a thing in a list is known by, or None."""
    part = node.value.get(key) if isinstance(node.value, Mapping) else None
    return None if part is None else part.value


def _moved(node: Node, place: Node) -> Node:
    """The same values as if written at this place: a line of another file would mislead."""
    value = node.value
    if isinstance(value, tuple):
        value = tuple(_moved(part, place) for part in value)
    elif isinstance(value, Mapping):
        value = {name: _moved(part, place) for name, part in value.items()}
    return Node(value, place.line, place.column)


def site_as_yaml(site: Site, *, secrets: bool = False) -> str:
    """The site as a file that ``parse_site`` reads back. With ``secrets`` false PINs are masked and must be filled in again."""
    return yaml.safe_dump(show_site(site, secrets=secrets), allow_unicode=True, sort_keys=False, default_flow_style=False, width=120)


def _faulty(file: str, line: int, column: int, said: Text) -> SiteFaults:
    return SiteFaults(file, [Fault((), line, column, said)])


class _TooDeep(Exception):  # never leaves this module
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Loader(yaml.BaseLoader):
    """PyYAML's plainest loader (every scalar a text, no objects) with a limit on nesting."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401  # PyYAML's signature
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise _TooDeep(self.line + 1)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _parse(written: str, file: str) -> Node:
    try:
        loader = _Loader(written)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise _faulty(file, line, column, text("this is not YAML: {problem}", problem=error.problem or error.context or "?")) from error
    except yaml.reader.ReaderError as error:
        line = written.count("\n", 0, error.position) + 1
        raise _faulty(
            file, line, 1, text("the character with the code {code} cannot stand in a site file", code=error.character)
        ) from error
    except _TooDeep as error:
        raise _faulty(file, error.line, 1, text("nested deeper than {most} levels", most=DEPTH_MAX)) from error
    if root is None:
        raise _faulty(file, 1, 1, text("the file is empty; expected the settings of a site"))
    return _Tree(file).read(root)


class _Tree:
    """Turns one file's YAML nodes into Nodes; collects what is wrong with the file as such."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._values = 0
        self._faults: list[Fault] = []

    def read(self, root: yaml.Node) -> Node:
        node = self._node(root, 0)
        if self._faults:
            raise SiteFaults(self._file, self._faults)
        return node

    def _node(self, node: yaml.Node, depth: int, name_line: int = 0) -> Node:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self._values += 1
        if depth > DEPTH_MAX or self._values > VALUES_MAX:
            raise _faulty(self._file, line, column, text("aliases make this file larger than {most} values", most=VALUES_MAX))
        if node.tag not in PLAIN_TAGS:
            self._fault(node, text("tags such as {tag} are not used here", tag=node.tag))
        name_line = name_line if name_line != line else 0
        if isinstance(node, yaml.MappingNode):
            return Node(self._mapping(node, depth), line, column, name_line)
        if isinstance(node, yaml.SequenceNode):
            return Node(tuple(self._node(part, depth + 1) for part in node.value), line, column, name_line)
        assert isinstance(node, yaml.ScalarNode)
        return Node(_scalar(node), line, column, name_line)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Node]:
        values: dict[str, Node] = {}
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                self._fault(name, text("a list or group cannot be the name of a setting"))
            elif name.value in values:
                self._fault(name, text("{name} is written twice in this group", name=name.value))
            else:
                values[name.value] = self._node(value, depth + 1, name.start_mark.line + 1)
        return values

    def _fault(self, node: yaml.Node, said: Text) -> None:
        self._faults.append(Fault((), node.start_mark.line + 1, node.start_mark.column + 1, said))


def _scalar(node: yaml.ScalarNode) -> bool | int | float | str | None:
    written: str = node.value
    if node.style is not None:  # quoted or a block: a text whatever it looks like
        return written
    if written in ("", "~", "null"):
        return None
    if written in ("true", "false"):
        return written == "true"
    if WHOLE.fullmatch(written):
        return int(written)
    return float(written) if DECIMAL.fullmatch(written) else written
