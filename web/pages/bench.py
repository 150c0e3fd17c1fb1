"""The bench of telephones: a page with every simulated handset and exchange line, and the socket that moves it.

Whoever lifts a handset holds it, until it is put down or somebody else takes it over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from klein import Klein

from engine import facts
from engine.kernel.bus import Envelope
from engine.kernel.clock import Timer
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text
from engine.people.actors import Act
from web.bench import Bench, BenchLine, Handset, HandsetKind, Sound, dialled_of, wish_of, word_of
from web.bench_guide import login_to_try
from web.bench_seat import CLOSE_LOGIN_OVER, CLOSE_STOPPING, Counters, Seat
from web.bench_socket import Socket, SocketDoor
from web.bench_words import BENCH_WORDS
from web.house import House
from web.visit import PageFault, Visit

__all__ = ["ABSENT_S", "SEATS_MOST", "BenchPage", "add"]

SEATS_MOST = 16
TICK_S = 0.1
ABSENT_S = 15.0
"""A browser that reloads the page finds its handsets as they were."""
TAB = re.compile(r"[A-Za-z0-9]{8,40}")
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
Request = Mapping[str, Any]


class BenchPage:
    """The page, its sockets, and who holds which handset."""

    def __init__(self, house: House, bench: Bench, door: SocketDoor) -> None:
        self.counters = Counters()
        self._house = house
        self._bench = bench
        self._door = door
        self._seats: dict[tuple[str, str], Seat] = {}
        self._numbers = 0
        self._holders: dict[str, Seat] = {}
        self._channels: dict[str, int] = {}
        self._told: dict[str, str] = {}
        self._drawn: dict[str, tuple[tuple[Handset, int, int], str]] = {}
        self._agents: list[dict[str, Any]] | None = None
        self._timer: Timer | None = None
        self._closed = False
        self._leave = house.window.hear("bench", self._hear)
        self._acts: dict[str, Callable[[Seat, Request], None]] = {
            "lift": self._lift,
            "hang_up": self._hang_up,
            "press": self._press,
            "flash": self._flash,
            "ear": self._to_ear,
            "take": self._take_over,
            "place": self._place,
            "call": self._call,
            "remove": self._remove,
            "silence": self._silence,
            "try_login": self._try_login,
            "try_call": self._try_call,
        }

    def close(self) -> None:
        """The appliance stops."""
        self._closed = True
        self._leave()
        self._stop_timer()
        for seat in self._seats.values():
            if seat.absence is not None:
                seat.absence.cancel()
            if seat.wire is not None:
                seat.wire.end(CLOSE_STOPPING, "the appliance stops")

    # ---- requests ----------------------------------------------------------------------------------------------------

    def page(self, visit: Visit) -> bytes:
        """Every handset as it is now; the socket moves them."""
        request, host = visit.request, visit.header("host")
        if HOST.fullmatch(host):
            scheme = "wss" if self._house.secure else "ws"
            policy = request.responseHeaders.getRawHeaders("content-security-policy", [""])[0]
            request.setHeader("content-security-policy", policy.replace("connect-src 'self'", f"connect-src 'self' {scheme}://{host}"))
        request.setHeader("permissions-policy", "camera=(), geolocation=(), microphone=(self)")
        handsets = self._bench.handsets()
        words = {key: {word: visit.reader.translate(said.msgid) for word, said in group.items()} for key, group in BENCH_WORDS.items()}
        values = {
            "phones": [handset for handset in handsets if handset.kind is HandsetKind.DESK],
            "lines": self._bench.lines(),
            "number": self._bench.spare_number(),
            "bench_words": json.dumps(words, ensure_ascii=False),
            "login_code": self._house.window.site.desk.login_code,
            "ready_code": self._house.window.site.desk.ready_code,
        }
        return visit.page("bench/page.html", values)

    def socket(self, visit: Visit) -> Any:  # noqa: ANN401  # autobahn's IResource
        """The connection of one browser. Only from a page of ours: a form's token does not come with a socket."""
        session, request = visit.session, visit.request
        assert session is not None
        scheme = "https" if self._house.secure else "http"
        if visit.header("origin") != f"{scheme}://{visit.header('host')}":
            self.counters.refused += 1
            raise PageFault(403, text("The bench can only be used from its own page."))
        if "websocket" not in visit.header("upgrade").lower():
            raise PageFault(400, text("This address is for the bench's own connection; open the bench instead."))
        tab = visit.value("tab")
        if not TAB.fullmatch(tab):
            raise PageFault(400, text("This address is for the bench's own connection; open the bench instead."))
        seat = self._seat((session.user.name, tab))
        return self._door.resource(request, _Guest(self, seat, visit))

    def _seat(self, key: tuple[str, str]) -> Seat:
        if key in self._seats:
            return self._seats[key]
        if len(self._seats) >= SEATS_MOST or self._closed:
            self.counters.refused += 1
            raise PageFault(503, text("Too many people are at the bench. Try again later."))
        self._numbers += 1
        seat = Seat(self._numbers, key[0], self._act, self._speak, self._house.clock.monotonic_ns, self.counters)
        self._seats[key] = seat
        self._absent_for_a_while(seat)  # its socket may never open
        return seat

    # ---- coming and going ----------------------------------------------------------------------------------------------

    def joined(self, seat: Seat, socket: Socket, visit: Visit) -> None:
        """A browser has opened its socket. It has the rights of the login that opened it, as long as that lasts."""
        session, house = visit.session, self._house
        assert session is not None

        def alive() -> bool:
            return house.sessions.keep_alive(session) and house.window.may(session.actor, Act.USE_BENCH)

        self.counters.opened += 1
        if seat.absence is not None:
            seat.absence.cancel()
        seat.connect(socket, alive, visit.language, visit.reader.say)
        house.log(f"bench: {seat.user} sits down (seat {seat.number})")
        if self._closed:
            socket.end(CLOSE_STOPPING, "the appliance stops")
        elif self._timer is None:
            self._tick()
        else:
            self.tell_all()

    def left(self, seat: Seat, socket: Socket) -> None:
        """A socket has ended."""
        if seat.wire is socket:
            seat.wire = None
            self._absent_for_a_while(seat)

    def _absent_for_a_while(self, seat: Seat) -> None:
        if not self._closed:
            seat.absence = self._house.clock.call_later(ABSENT_S, lambda: self._gone(seat))

    def _gone(self, seat: Seat) -> None:
        """Nobody came back: every handset is put down."""
        if seat.wire is not None or seat not in self._seats.values():
            return
        self._seats = {key: one for key, one in self._seats.items() if one is not seat}
        self._take_from_ear(seat)
        for name in [name for name, holder in self._holders.items() if holder is seat]:
            del self._holders[name]
            try:
                self._bench.hang_up(name)
            except (Refused, BadInput):
                continue  # it is down, or taken away
        self._house.log(f"bench: {seat.user} has gone (seat {seat.number})")

    # ---- what moves ----------------------------------------------------------------------------------------------------

    def _hear(self, envelope: Envelope) -> None:
        fact = envelope.fact
        if isinstance(fact, facts.AgentStateChanged):
            self._agents = None
        for seat in self._seats.values():
            seat.guide.hear(fact)

    def _tick(self) -> None:
        """Tell everybody what has changed; stops when nobody is there."""
        self._timer = None
        if all(seat.wire is None for seat in self._seats.values()):
            return
        for seat in list(self._seats.values()):
            if seat.wire is not None and not seat.alive():
                self._end(seat)
        self.tell_all()
        self._timer = self._house.clock.call_later(TICK_S, self._tick)

    def _end(self, seat: Seat) -> None:
        """The login is over: so is the seat, at once."""
        wire, seat.wire = seat.wire, None
        if wire is not None:
            wire.end(CLOSE_LOGIN_OVER, "the login is over")
        self._gone(seat)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def tell_all(self) -> None:
        """What has changed, to everybody; everything to whoever has missed something."""
        handsets = self._bench.handsets()
        self._settle(handsets)
        now = {f"handset {handset.name}": self._shown(handset) for handset in handsets}
        self._drawn = {handset.name: self._drawn[handset.name] for handset in handsets}
        now.update({f"line {line.name}": _line_shown(line) for line in self._bench.lines()})
        now["pump_still"] = json.dumps(self._house.window.pump_still)
        now["demo"] = json.dumps(self._bench.demo_plays)
        now["agents"] = json.dumps(self._logged_in())
        changed = {key: value for key, value in now.items() if self._told.get(key) != value}
        gone = [key for key in self._told if key not in now]
        self._told = now
        for seat in self._seats.values():
            if seat.wire is None:
                continue
            if seat.wire.blocked:
                seat.behind = True
            elif seat.behind:
                seat.behind = False
                seat.tell_changes(now, [], whole=True)
            elif changed or gone:
                seat.tell_changes(changed, gone, whole=False)
            seat.tell_own()

    def _shown(self, handset: Handset) -> str:
        """The handset as JSON, which is made anew only when something about it is new: most of them rest."""
        holder = self._holders.get(handset.name)
        seen = (handset, holder.number if holder is not None else 0, self._channel(handset.name))
        drawn = self._drawn.get(handset.name)
        if drawn is None or drawn[0] != seen:
            by = holder.user if holder is not None else ""
            drawn = seen, json.dumps({**asdict(handset), "seat": seen[1], "by": by, "channel": seen[2]}, ensure_ascii=False)
            self._drawn[handset.name] = drawn
        return drawn[1]

    def _logged_in(self) -> list[dict[str, Any]]:
        if self._agents is None:
            self._agents = self._house.window.live()["agents"]
        return [{name: row[name] for name in ("agent", "name", "state", "phone", "reasons")} for row in self._agents if row["phone"]]

    def _settle(self, handsets: tuple[Handset, ...]) -> None:
        """A handset that lies on its hook is nobody's."""
        held = {handset.name for handset in handsets if handset.lifted}
        for name in [name for name in self._holders if name not in held]:
            seat = self._holders.pop(name)
            seat.guide.gave_up(name)
            if seat.ear == name:
                self._take_from_ear(seat)

    # ---- sound ---------------------------------------------------------------------------------------------------------

    def _channel(self, name: str) -> int:
        """The number of a handset's sound. As many as handsets: one that is taken away gives its number back."""
        if name not in self._channels:
            used = set(self._channels.values())
            self._channels[name] = next(number for number in range(len(used) + 1) if number not in used)
        return self._channels[name]

    def _put_at_ear(self, seat: Seat, name: str) -> None:
        if seat.ear == name:
            return
        self._take_from_ear(seat)
        channel = self._channel(name)
        self._bench.listen(name, lambda octets, at_sample: seat.hear(channel, octets, at_sample))
        seat.ear = name

    def _take_from_ear(self, seat: Seat) -> None:
        name, seat.ear = seat.ear, ""
        if name in self._channels:
            self._bench.listen(name, None)
            self._bench.be_silent(name)

    def _speak(self, seat: Seat, sound: Sound) -> bool:
        """Into the handset at the ear; sound for another one came too late."""
        if not seat.ear or sound.channel != self._channels.get(seat.ear):
            return False
        self._bench.speak(seat.ear, sound.octets)
        return True

    # ---- acts ------------------------------------------------------------------------------------------------------------

    def _act(self, seat: Seat, request: Request) -> None:
        act = self._acts.get(request["do"])
        if act is None:
            raise BadInput(text("there is no act {act} at the bench", act=repr(request["do"])[:40]))
        act(seat, request)
        self.tell_all()

    def _mine(self, seat: Seat, request: Request) -> str:
        """The handset of a request, unless somebody else holds it."""
        name = word_of(request, "handset")
        holder = self._holders.get(name, seat)
        if holder is not seat:
            raise Refused(text("{handset} is in use by {who}. Take it over first.", handset=self._number(name), who=holder.user))
        return name

    def _hold(self, seat: Seat, name: str) -> None:
        self._holders[name] = seat
        self._put_at_ear(seat, name)

    def _number(self, name: str) -> str:
        return next((handset.number for handset in self._bench.handsets() if handset.name == name), name)

    def _lift(self, seat: Seat, request: Request) -> None:
        name = self._mine(seat, request)
        self._bench.lift(name)
        self._hold(seat, name)

    def _hang_up(self, seat: Seat, request: Request) -> None:
        name = self._mine(seat, request)
        self._bench.hang_up(name)
        seat.guide.gave_up(name)
        if seat.ear == name:
            self._take_from_ear(seat)

    def _press(self, seat: Seat, request: Request) -> None:
        self._bench.press(self._mine(seat, request), word_of(request, "keys"), pulse=request.get("pulse") is True)

    def _flash(self, seat: Seat, request: Request) -> None:
        self._bench.flash(self._mine(seat, request))

    def _to_ear(self, seat: Seat, request: Request) -> None:
        name = self._mine(seat, request)
        if self._holders.get(name) is not seat:
            raise Refused(text("Lift the handset first."))
        self._put_at_ear(seat, name)

    def _silence(self, seat: Seat, _request: Request) -> None:
        if seat.ear:
            self._bench.be_silent(seat.ear)

    def _take_over(self, seat: Seat, request: Request) -> None:
        name = word_of(request, "handset")
        holder = self._holders.get(name)
        if holder is None or holder is seat:
            return
        if holder.ear == name:
            self._take_from_ear(holder)
        holder.tell_person(text("{who} has taken {handset} over.", who=seat.user, handset=self._number(name)))
        self._hold(seat, name)

    def _place(self, seat: Seat, request: Request) -> None:
        """A telephone outside; with ``line`` it calls at once."""
        wish = wish_of(request)
        known = next((one.name for one in self._bench.handsets() if one.kind is HandsetKind.OUTSIDE and one.number == wish.number), "")
        if known:
            self._mine(seat, {"handset": known})
        name = self._bench.place(wish)
        if "line" in request:
            self._begin_call(seat, name, word_of(request, "line"), dialled_of(request))

    def _call(self, seat: Seat, request: Request) -> None:
        self._begin_call(seat, self._mine(seat, request), word_of(request, "line", ""), dialled_of(request))

    def _begin_call(self, seat: Seat, name: str, line: str, called: str = "") -> None:
        on_line = self._bench.call(name, line, called)
        self._hold(seat, name)
        seat.guide.calling(name, on_line)

    def _remove(self, seat: Seat, request: Request) -> None:
        name = self._mine(seat, request)
        self._bench.remove(name)
        self._channels.pop(name, None)

    def _try_login(self, seat: Seat, _request: Request) -> None:
        window = self._house.window
        found = login_to_try(window.site, window.live()["agents"], self._bench.handsets())
        if found is None:
            raise Refused(text("No agent can be logged in here: every desk phone is in use, or every agent is logged in."))
        self._bench.log_in(*found)
        self._hold(seat, found[0])

    def _try_call(self, seat: Seat, request: Request) -> None:
        wish = wish_of({"number": self._bench.spare_number(), "title": word_of(request, "title", "")})
        name = self._bench.place(wish)
        self._begin_call(seat, name, "")
        self._bench.choose_in_menu(name, seat.language)


def _line_shown(line: BenchLine) -> str:
    return json.dumps({"name": line.name, "phase": line.phase, "channels": line.channels, "busy": line.busy})


class _Guest:
    """A seat at its socket, and the request that opened it."""

    def __init__(self, page: BenchPage, seat: Seat, visit: Visit) -> None:
        self._page = page
        self._seat = seat
        self._visit = visit

    def opened(self, socket: Socket) -> None:
        self._page.joined(self._seat, socket, self._visit)

    def received(self, message: bytes, *, is_sound: bool) -> None:
        self._seat.receive(message, is_sound=is_sound)

    def unblocked(self) -> None:
        self._page.tell_all()

    def closed(self, socket: Socket) -> None:
        self._page.left(self._seat, socket)


def add(app: Klein, house: House, bench: Bench | None, reactor: Any) -> BenchPage | None:  # noqa: ANN401  # Twisted's reactor
    """Put these pages to their addresses; without a bench there are none."""
    if bench is None:
        return None
    page = BenchPage(house, bench, SocketDoor(reactor, house.clock))
    house.renderer.show_bench()
    house.add(app, "/bench", Act.USE_BENCH, page.page)
    house.add(app, "/bench/socket", Act.USE_BENCH, page.socket)
    return page
