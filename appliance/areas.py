"""Where the areas of numbers come from: the data that the phonenumbers package brings, and before it a file of the site's own.

The package's tables are large and of the whole world. Those of China are read once, when a site first needs them, into a book, and let go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from itertools import chain
from pathlib import Path

from engine.calls.routing.area import NO_AREAS, Area, AreaBook, rows_of_csv
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text
from engine.settings.site import Site

__all__ = ["AreaShelf", "chinese_rows", "needs_areas", "shipped_areas"]

COUNTRY = "86"
BYTES_MOST = 64 << 20
MOBILE_SECOND_DIGITS = frozenset("3456789")
KEY_WITHIN = 4000
REGIONS = ("内蒙古", "广西", "西藏", "宁夏", "新疆")
"""Autonomous regions, which are written without the word for it."""
PROVINCES = ("云南", "四川", "贵州", "甘肃", "青海", "湖南", "湖北", "吉林", "海南", "广东", "黑龙江")
"""Provinces whose autonomous prefectures are written without the word for the province."""
_DATA_FILE = re.compile(r"data([0-9]+)\.py")
_KEY = re.compile(r"^ '([0-9]+)'", re.MULTILINE)


def shipped_areas() -> AreaBook:
    """The areas of Chinese numbers in the phonenumbers package; an empty book where it is not installed."""
    package = find_spec("phonenumbers")
    folder = Path(package.origin).parent / "geodata" if package is not None and package.origin else None
    if folder is None or not folder.is_dir():
        return NO_AREAS
    return AreaBook(row for file in _chinese_files(folder) for row in chinese_rows(_entries(file)))


def _chinese_files(folder: Path) -> list[Path]:
    """The files that hold numbers of China: the package's entries are in order, ten thousand to a file."""
    files = {int(found[1]): file for file in folder.iterdir() if (found := _DATA_FILE.fullmatch(file.name))}
    firsts = [(_first_key(files[number]), files[number]) for number in sorted(files)]
    ends = [key for key, _ in firsts[1:]] + ["~"]
    return [file for (first, file), end in zip(firsts, ends, strict=True) if first[: len(COUNTRY)] <= COUNTRY <= end[: len(COUNTRY)]]


def _first_key(file: Path) -> str:
    with file.open(encoding="utf-8") as opened:
        found = _KEY.search(opened.read(KEY_WITHIN))
    return found[1] if found else ""


def _entries(file: Path) -> Iterable[tuple[str, Mapping[str, str]]]:
    """What one data file holds: it is run by itself, since the package would load those of the whole world."""
    spec = spec_from_file_location(f"phonenumbers.{file.parent.name}_apart.{file.stem}", file)
    if spec is None or spec.loader is None:
        return ()
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    data: Mapping[str, Mapping[str, str]] = module.data
    return data.items()


def chinese_rows(data: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[tuple[str, Area]]:
    """The rows of a book from the package's: country code and beginning, with a description by language."""
    for prefix, said in data:
        if not prefix.startswith(COUNTRY) or "zh" not in said or len(prefix) == len(COUNTRY):
            continue
        rest = prefix.removeprefix(COUNTRY)
        mobile = rest[0] == "1" and rest[1:2] in MOBILE_SECOND_DIGITS
        yield (rest if mobile else f"0{rest}"), _area(said["zh"], said.get("en", ""))


def _area(chinese: str, english: str) -> Area:
    """A description such as 广东省深圳市 and Shenzhen, Guangdong in its parts."""
    city_en, _, province_en = english.rpartition(", ")
    province, found, city = chinese.partition("省")
    if found:
        return Area(province + found, city, province_en, city_en)
    for name in (*REGIONS, *PROVINCES):
        if chinese.startswith(name):
            return Area(name, chinese.removeprefix(name), province_en, city_en)
    return Area(chinese, chinese, province_en, province_en)


def needs_areas(site: Site) -> bool:
    """True when a rule of the site looks at areas."""
    by_area = any(route.areas for route in site.inbound_routes)
    return by_area or bool(site.numbering.area_file) or bool(site.service_classes and site.numbering.area_code)


class AreaShelf:
    """One per process: the shipped book is made once."""

    def __init__(self) -> None:
        self._shipped: AreaBook | None = None

    def book_for(self, site: Site, *, always: bool = False) -> AreaBook:
        """The book that a site decides by; an empty one when none of its rules needs it. Raises EnvironmentFault or BadInput for its file."""
        if not (always or needs_areas(site)):
            return NO_AREAS
        if self._shipped is None:
            self._shipped = shipped_areas()
        if not site.numbering.area_file:
            return self._shipped
        return AreaBook(chain(self._shipped.rows(), self._own_rows(Path(site.numbering.area_file))))

    def _own_rows(self, file: Path) -> Iterator[tuple[str, Area]]:
        try:
            if file.stat().st_size > BYTES_MOST:
                raise EnvironmentFault(text("{file} is larger than {most} MB", file=file, most=BYTES_MOST >> 20))
            lines = file.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise EnvironmentFault(
                text("{file} cannot be read: {why}", file=file, why=getattr(error, "strerror", None) or error)
            ) from error
        return rows_of_csv(lines, str(file))
