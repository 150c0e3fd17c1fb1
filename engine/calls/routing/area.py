"""The area of a number (归属地): province and city by its beginning. Pure look-up in tables of bounded size; where they come from is others' business."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.kernel.errors import BadInput
from engine.kernel.text import text

__all__ = ["NO_AREAS", "PREFIXES_MOST", "Area", "AreaBook", "rows_of_csv"]

PREFIXES_MOST = 1_000_000
"""China has some 500 000 blocks of mobile numbers."""
DIGITS_MOST = 11
AREAS_MOST = 65_535
_SUFFIXES = ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区", "省", "市")


@dataclass(frozen=True)
class Area:
    """A province and a city in Chinese and English; of a municipality both are the same. Empty: not known."""

    province: str
    city: str
    province_en: str = ""
    city_en: str = ""

    def shown(self, language: str) -> str:
        """For a reader of this language; in Chinese when there is no English name."""
        province, city = (self.province_en, self.city_en) if language == "en" and self.province_en else (self.province, self.city)
        if not city or city == province:
            return province
        return f"{city}, {province}" if province.isascii() else f"{province}{city}"

    def is_called(self, name: str) -> bool:
        """True when a person may mean it by this name: 广东, 广东省, 深圳, Guangdong, shenzhen."""
        wanted = _plain(name)
        return wanted in {_plain(own) for own in (self.province, self.city, self.province_en, self.city_en) if own}


def _plain(name: str) -> str:
    name = name.strip().lower()
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            return name.removesuffix(suffix)
    return name


class AreaBook:
    """Areas by the beginnings of numbers (written as ``whole_number`` does); the longest beginning counts."""

    def __init__(self, rows: Iterable[tuple[str, Area]] = ()) -> None:
        by_length: dict[int, dict[int, int]] = {}
        known: dict[Area, int] = {}
        for prefix, area in rows:
            by_length.setdefault(len(prefix), {})[int(prefix)] = known.setdefault(area, len(known))
        self._areas = tuple(known)
        self._tables: Mapping[int, tuple[array[int], array[int]]] = {
            length: (array("Q", sorted(table)), array("H", (table[prefix] for prefix in sorted(table))))
            for length, table in sorted(by_length.items(), reverse=True)
        }

    def __len__(self) -> int:
        return sum(len(prefixes) for prefixes, _ in self._tables.values())

    def area_of(self, number: str) -> Area | None:
        """The area of a whole number; None when no beginning of it is known."""
        if not (number.isascii() and number.isdigit()):
            return None
        for length, (prefixes, areas) in self._tables.items():
            if len(number) >= length:
                wanted = int(number[:length])
                place = bisect_left(prefixes, wanted)
                if place < len(prefixes) and prefixes[place] == wanted:
                    return self._areas[areas[place]]
        return None

    def place_of(self, number: str) -> object:
        """Province and city, to be compared; None when they are not known."""
        area = self.area_of(number)
        return (area.province, area.city) if area is not None else None

    def rows(self) -> Iterator[tuple[str, Area]]:
        """Every beginning with its area, to make another book of."""
        for length, (prefixes, areas) in self._tables.items():
            yield from ((str(prefix).zfill(length), self._areas[area]) for prefix, area in zip(prefixes, areas, strict=True))


NO_AREAS = AreaBook()


def rows_of_csv(lines: Iterable[str], file: str) -> Iterator[tuple[str, Area]]:
    """The rows of a data file: prefix, province, city, and both in English or nothing. Empty lines, and lines with # before them, do not count.

    Raises BadInput with the place of the first wrong line.
    """
    areas: set[Area] = set()
    for number, line in enumerate(lines, start=1):
        if number > PREFIXES_MOST:
            raise BadInput(text("{file}: more than {most} lines", file=file, most=PREFIXES_MOST))
        written = line.strip()
        if not written or written.startswith("#"):
            continue
        parts = [part.strip() for part in written.split(",")]
        prefix = parts[0]
        if len(parts) not in {3, 5} or not (prefix.isascii() and prefix.isdigit() and len(prefix) <= DIGITS_MOST) or not parts[1]:
            said = text(
                "{file}:{line}: expected prefix, province, city and perhaps both in English, such as 0755,广东,深圳", file=file, line=number
            )
            raise BadInput(said)
        area = Area(*parts[1:])
        areas.add(area)
        if len(areas) > AREAS_MOST:
            raise BadInput(text("{file}:{line}: more than {most} different areas", file=file, line=number, most=AREAS_MOST))
        yield prefix, area
