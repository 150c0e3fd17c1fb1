"""``strowger scenario``: plays scenario files, each on a fresh appliance with simulated boards.

By default time is virtual and a run of the same seed is the same to the last byte of its journal; with ``--realtime`` the
appliance runs on the reactor, with its threads, as ``strowger run`` does.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from appliance.building import Appliance, Sounds
from appliance.data_folder import DataFolder, fault_of
from appliance.options import ScenarioOptions
from appliance.prompts import generate, load, load_music
from appliance.rig import Rig
from appliance.simulation import Surrounded, cards_for, span_cards_for
from appliance.site_file import demo_site_file, overridden_site, read_site
from appliance.texts import Translate, translator
from engine.control.narration import Narrator
from engine.ivr.prompts import PROMPTS
from engine.ivr.session import Prompts
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import Text, text
from engine.people.actors import Actor, Role
from engine.settings.faults import one_per_line
from engine.settings.site import Site
from hwsim.scenario_language import read_scenario
from hwsim.scenario_player import Failure, Played, Player
from hwsim.scenario_stage import Cards, Stage
from hwsim.scenario_steps import Scenario
from hwsim.voices import speech

__all__ = ["Follower", "Production", "Result", "Studio", "cache_folder", "productions_of", "prompt_cache", "run", "site_of"]

LONGEST_MS = 24 * 3_600_000
"""A scenario that is not over after a day of virtual time is broken off."""
KEPT_MOST = 1000
CONTEXT_LINES = 12
CALLS_ASKED = 10_000
ASKER = Actor(Role.TECHNICIAN, "scenario")

Say = Callable[[Text], None]


@dataclass(frozen=True)
class Result:
    """How one scenario went; times in ms."""

    scenario: Scenario
    seed: int
    failures: tuple[Failure, ...]
    virtual_ms: int
    wall_ms: int

    @property
    def passed(self) -> bool:
        """Everything came out."""
        return not self.failures

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        failures = [
            {"line": failure.line, "expected": failure.expected.in_english(), "happened": failure.happened.in_english()}
            for failure in self.failures
        ]
        return {
            "file": self.scenario.file,
            "title": self.scenario.title,
            "passed": self.passed,
            "seed": self.seed,
            "virtual_ms": self.virtual_ms,
            "wall_ms": self.wall_ms,
            "failures": failures,
        }


@dataclass(frozen=True)
class Studio:
    """What all scenarios share: the appliance's prompts, and where the voices of the people are kept."""

    prompts: Prompts
    voices: Path

    def sounds(self, site: Site) -> Sounds:
        """What callers and agents of this site hear."""
        return Sounds(self.prompts, {file: load_music(file) for file in {queue.music for queue in site.queues}})


def run(options: ScenarioOptions) -> int:
    """Play every file; 0 when all of it came out, else 1. Raises StrowgerError for files and folders that cannot be used."""
    translate = translator(os.environ, options.language)

    def say(said: Text) -> None:
        if not options.json:
            sys.stdout.write(f"Strowger: {said.render(translate)}\n")
            sys.stdout.flush()

    productions = productions_of(options)
    studio = _studio(say)
    if options.realtime:
        from appliance.realtime_scenarios import play_in_realtime  # noqa: PLC0415  # the reactor is for those who need it

        results = play_in_realtime(productions, studio, lambda production: Follower(production, say, translate))
    else:
        results = [production.play(studio, Follower(production, say, translate)) for production in productions]
    if options.json:
        sys.stdout.write(json.dumps({"scenarios": [result.as_json() for result in results]}, ensure_ascii=False, indent=2) + "\n")
    else:
        _sum_up(results, say)
    return 0 if all(result.passed for result in results) else 1


def _sum_up(results: Sequence[Result], say: Say) -> None:
    for result in results:
        if not result.passed:
            say(text("failed: {file} (seed {seed})", file=result.scenario.file, seed=result.seed))
    say(
        text(
            "{passed} of {all} scenarios passed; {virtual} s played in {wall} s",
            passed=sum(result.passed for result in results),
            all=len(results),
            virtual=f"{sum(result.virtual_ms for result in results) / 1000:.1f}",
            wall=f"{sum(result.wall_ms for result in results) / 1000:.1f}",
        )
    )


# ---- what is played where --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Production:
    """One scenario with its site, its seed, and where its folder is to be (None: thrown away)."""

    scenario: Scenario
    site: Site
    seed: int
    keep: Path | None

    def play(self, studio: Studio, follower: Follower) -> Result:
        """Play it in virtual time."""
        began_s = time.monotonic()
        follower.begins()
        with self.folder() as folder:
            rig = Rig(self.site, folder.path, studio.sounds(self.site), self.seed, log=follower.log)
            around = Surrounded(rig.world, rig.exchange, rig.phones)
            try:
                player = Player(self.scenario, self.stage(around, rig.driver, rig.appliance, folder, studio), follower.told)
                follower.follow(rig.appliance, player, folder.recordings)
                rig.start()
                player.begin()
                rig.world.run_until(lambda: player.over, LONGEST_MS)
                player.finish()
                rig.stop()
            finally:
                rig.pump.close()
            return self.result(player, rig.world.now_ms, began_s)

    def result(self, player: Player, world_ms: int, began_s: float) -> Result:
        """What came of it; ``began_s`` by the machine's monotonic clock."""
        wall_ms = round((time.monotonic() - began_s) * 1000)
        return Result(self.scenario, self.seed, tuple(player.failures), world_ms, wall_ms)

    @contextmanager
    def folder(self) -> Iterator[DataFolder]:
        """A fresh data folder for the time of the play."""
        if self.keep is not None:
            with DataFolder(self._kept(self.keep)) as folder:
                yield folder
            return
        with tempfile.TemporaryDirectory(prefix="strowger-scenario-") as scratch, DataFolder(Path(scratch)) as folder:
            yield folder

    def _kept(self, keep: Path) -> Path:
        stem = Path(self.scenario.file).stem
        names = [stem, *(f"{stem}-{number}" for number in range(2, KEPT_MOST))]
        found = next((keep / name for name in names if not (keep / name).exists()), None)
        if found is None:
            raise EnvironmentFault(text("{folder} holds {most} plays of {name}: empty it", folder=keep, most=KEPT_MOST, name=stem))
        return found

    def stage(self, around: Surrounded, cards: Cards, appliance: Appliance, folder: DataFolder, studio: Studio) -> Stage:
        """What the player may touch."""

        def ask_calls(done: Callable[[Sequence[Mapping[str, Any]]], None], failed: Callable[[Exception], None]) -> None:
            appliance.ask(ASKER, {"command": "calls", "limit": CALLS_ASKED}, lambda answer: done(answer["calls"]), failed)

        return Stage(
            world=around.world,
            exchange=around.exchange,
            phones={station.extension: around.phones[station.name] for station in self.site.stations},
            cards=cards,
            card_count=len(cards_for(self.site)) + len(span_cards_for(self.site)),
            prompts=studio.prompts,
            language=self.site.box.language,
            agents=[agent.number for agent in self.site.agents],
            recordings=folder.recordings,
            speak=lambda words, language, seed: speech(words, language, seed, studio.voices),
            ask_calls=ask_calls,
        )


def productions_of(options: ScenarioOptions) -> list[Production]:
    """What these options ask for. All files are read before any is played; raises BadInput with the faults of all."""
    made: list[Production] = []
    faults: list[Text] = []
    for file in options.files:
        try:
            scenario = read_scenario(file)
            seed = scenario.seed if options.seed is None else options.seed
            made.append(Production(scenario, site_of(scenario), seed, options.keep))
        except BadInput as error:
            faults.append(error.text)
    if faults:
        raise BadInput(one_per_line(faults))
    return made


def site_of(scenario: Scenario) -> Site:
    """The scenario's site: the file beside it, or the demo site with its own settings. Always on simulated boards."""
    if scenario.site:
        site = read_site(scenario.folder / scenario.site)
    elif scenario.overrides is not None:
        site = overridden_site(demo_site_file(), scenario.overrides, scenario.file)
    else:
        site = read_site(demo_site_file())
    return replace(site, box=replace(site.box, hardware="simulated"))


# ---- prompts and voices ------------------------------------------------------------------------------------------------


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where made speech is kept between runs: ``$XDG_CACHE_HOME/strowger``, or ``~/.cache/strowger``."""
    base = environment.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "strowger"


def prompt_cache(cache: Path) -> Path:
    """Where in the cache the prompts lie: those of another catalogue are other prompts and get a folder of their own."""
    edition = hashlib.sha256(json.dumps({name: dict(said) for name, said in PROMPTS.items()}, sort_keys=True).encode()).hexdigest()[:12]
    return cache / f"prompts-{edition}"


def _studio(say: Say) -> Studio:
    cache = cache_folder(os.environ)
    folder = prompt_cache(cache)

    def progress(done: int, all_: int, _name: str) -> None:
        if done % 50 == 0 or done == all_:
            say(text("voice prompts: {done} of {all}", done=done, all=all_))

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise fault_of(error, cache) from error
    generate(folder, progress)
    return Studio(load(folder), cache / "voices")


# ---- following a play --------------------------------------------------------------------------------------------------


class Follower:
    """Tells a person how a play goes: each step as it is done, and when one fails, what happened before."""

    def __init__(self, production: Production, say: Say, translate: Translate) -> None:
        self._scenario = production.scenario
        self._seed = production.seed
        self._say = say
        self._translate = translate
        self._told_last: deque[str] = deque(maxlen=CONTEXT_LINES)
        self._now_ms: Callable[[], int] = lambda: 0

    def begins(self) -> None:
        """The title."""
        self._say(text("{file}: {title}", file=self._scenario.file, title=self._scenario.title))

    def follow(self, appliance: Appliance, player: Player, recordings: Path) -> None:
        """Hear the facts; before the appliance starts."""
        self._now_ms = lambda: player.now_ms
        narrator = Narrator(lambda line: self._told_last.append(f"{_stamp(player.now_ms)}  {line}"), self._translate, recordings)
        appliance.bus.subscribe("scenario", player.hear)
        appliance.bus.subscribe("follower", narrator.hear)

    def told(self, played: Played) -> None:
        """A step is over."""
        failure = played.failure
        if failure is None:
            self._say(text("{time}  {said}", time=_stamp(played.at_ms), said=played.said))
            return
        while self._told_last:
            self._say(text("        | {line}", line=self._told_last.popleft()))
        place = f"{self._scenario.file}:{failure.line}"
        self._say(text("{place}: expected: {expected}", place=place, expected=failure.expected))
        self._say(text("{place}: instead: {happened}", place=place, happened=failure.happened))
        self._say(text("seed {seed}; the same again: --seed {seed}", seed=self._seed))

    def log(self, line: str) -> None:
        """What the appliance writes to its log."""
        self._say(text("{time}  log: {line}", time=_stamp(self._now_ms()), line=line))


def _stamp(ms: int) -> str:
    return f"{ms // 60_000:3d}:{ms % 60_000 / 1000:05.2f}"
