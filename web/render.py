"""Templates, and how times, durations and numbers are written in the reader's language."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import Bucket
from markupsafe import Markup

from engine.kernel.text import Text

__all__ = ["LANGUAGES", "Reader", "Renderer", "StaticFile", "read_static"]

HERE = Path(__file__).parent
LANGUAGES: Mapping[str, str] = {"zh": "中文", "en": "English"}
"""The languages of the page, each by its own name."""
HTML_LANGUAGES = {"zh": "zh-CN", "en": "en"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
Translate = Callable[[str], str]


@dataclass(frozen=True)
class StaticFile:
    """A file that every browser gets alike, also squeezed; ``version`` changes with the content."""

    octets: bytes
    squeezed: bytes
    media_type: str
    version: str


class _Compiled(jinja2.BytecodeCache):
    """Compiled templates, for every renderer of this process: a function of their texts alone, and no more than there are templates."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled from the same text."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


@cache
def read_static(folder: Path = HERE / "static") -> dict[str, StaticFile]:
    """Every static file by its name. They are few and small, and are read once."""
    files = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in TYPES:
            octets = path.read_bytes()
            version = sha256(octets).hexdigest()[:12]
            files[path.name] = StaticFile(octets, gzip.compress(octets, 9, mtime=0), TYPES[path.suffix], version)
    return files


class Reader:
    """How one language reads: its words, and its forms of times and durations. One for each language, for the life of the page."""

    def __init__(self, language: str, translate: Translate) -> None:
        self.language = language
        self.translate = translate

    def say(self, said: Text | str) -> str:
        """A text in this language; a plain string as it is."""
        return said.render(self.translate) if isinstance(said, Text) else said

    def word(self, words: Mapping[str, Text], key: str) -> str:
        """The word for a key; a key without a word as it is."""
        return self.say(words.get(key, key))

    def date(self, utc_ms: int, offset_min: int) -> str:
        """A day of the site."""
        moment = _local(utc_ms, offset_min)
        if self.language == "zh":
            return f"{moment.year}年{moment.month}月{moment.day}日"
        return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"

    def time(self, utc_ms: int, offset_min: int) -> str:
        """A moment of the site's day, to the second."""
        return _local(utc_ms, offset_min).strftime("%H:%M:%S")

    def moment(self, utc_ms: int, offset_min: int) -> str:
        """Day and time."""
        return f"{self.date(utc_ms, offset_min)} {self.time(utc_ms, offset_min)}"

    def duration(self, ms: int | None) -> str:
        """Minutes and seconds, with hours when there are any; a dash for what never was."""
        if ms is None:
            return "–"
        seconds = max(0, round(ms / 1000))
        hours, rest = divmod(seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def _local(utc_ms: int, offset_min: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=utc_ms, minutes=offset_min)


class Renderer:
    """Jinja2, strict: a name that is not there is a fault of ours, and everything that is shown is escaped."""

    def __init__(
        self, translate_for: Callable[[str], Translate], static: Mapping[str, StaticFile], folder: Path = HERE / "templates"
    ) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder),
            undefined=jinja2.StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=200,
            bytecode_cache=_COMPILED,
        )
        self._environment.globals["static"] = lambda name: f"/static/{static[name].version}/{name}"
        self._environment.globals["languages"] = LANGUAGES
        self._environment.globals["bench"] = False
        self._environment.globals["pump_still"] = bool
        self.readers = {language: Reader(language, translate_for(language)) for language in LANGUAGES}
        self._modules: dict[tuple[str, str], Any] = {}

    def prepare(self) -> None:
        """Compile every template, so that nobody waits for it. It takes a second: not for the reactor thread."""
        for name in self._environment.list_templates(extensions=["html"]):
            self._environment.get_template(name)

    def show_bench(self) -> None:
        """Lead people to the bench: there is one."""
        self._environment.globals["bench"] = True

    def ask_pump(self, still: Callable[[], bool]) -> None:
        """Every page says so when the media pump stands still."""
        self._environment.globals["pump_still"] = still

    def share(self, words: Mapping[str, Mapping[str, Text]]) -> None:
        """Give every template these words, as ``words``."""
        self._environment.globals["words"] = words

    def page(self, template: str, language: str, values: Mapping[str, object]) -> bytes:
        """A whole page."""
        return self._environment.get_template(template).render({**self._common(language), **values}).encode()

    def part(self, template: str, macro: str, language: str, *arguments: object) -> Markup:
        """What one macro of a template makes of its arguments."""
        module = self._modules.get((template, language))
        if module is None:
            module = self._modules[template, language] = self._environment.get_template(template).make_module(self._common(language))
        return Markup(getattr(module, macro)(*arguments))  # noqa: S704  # the macro has escaped it already

    def _common(self, language: str) -> dict[str, object]:
        reader = self.readers[language]
        return {
            "_": reader.translate,
            "say": reader.say,
            "word": reader.word,
            "reader": reader,
            "language": language,
            "html_language": HTML_LANGUAGES[language],
        }
