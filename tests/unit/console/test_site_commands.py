"""Settings, passwords and restarts at the console, with an appliance that answers when the test says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from console.batch import Batch
from console.session import CHANGED_PROMPT, PROMPT, Session
from console.site_commands import without_secret
from engine.kernel.errors import Refused
from engine.kernel.text import text, text_as_json
from engine.people.actors import Act
from tests.console.screen import Screen

Asked = tuple[str, Mapping[str, object], Callable[[Mapping[str, Any]], None], Callable[[Exception], None]]
WRAP_UP = "queues[service].wrap_up_s"


def preview(*differences: tuple[str, object, object], number: int = 7, faults: object = None) -> dict[str, Any]:
    found = [{"path": path, "old": old, "new": new} for path, old, new in differences]
    return {"number": number, "who": "user li", "why": "test", "faults": faults, "differences": found, "waiting": []}


class Room:
    """A session on a screen; questions wait in ``asked`` until they are answered."""

    def __init__(self, **more: Any) -> None:
        self.screen = Screen(80)
        self.asked: list[Asked] = []
        self.left = 0
        self.session = Session(self._ask, self.screen.take, self._leave, lambda msgid: msgid, **more)
        self.session.begin()

    def _ask(self, *asked: Any) -> None:
        self.asked.append(asked)

    def _leave(self) -> None:
        self.left += 1

    def type(self, typed: str) -> None:
        self.session.receive(typed.encode())

    def answer(self, answer: Mapping[str, Any]) -> tuple[str, Mapping[str, object]]:
        """Answer the newest question, and say what it was."""
        command, arguments, done, _failed = self.asked[-1]
        done(answer)
        return command, arguments

    @property
    def lines(self) -> list[str]:
        return self.screen.lines


@pytest.fixture
def room() -> Room:
    return Room()


def set_wrap_up(room: Room) -> None:
    room.type(f"set {WRAP_UP} 20\r")
    asked = room.answer(preview((WRAP_UP, 30.0, 20.0)))
    assert asked == ("site_edit_preview", {"edits": (("set", WRAP_UP, "20"),)})


def test_a_setting_is_changed_and_committed(room: Room) -> None:
    """What is typed is shown as a difference, the prompt shows that it is not committed, and commit sends the version it was made from."""
    set_wrap_up(room)
    assert room.lines[-2:] == [f"{WRAP_UP}: 30 -> 20", CHANGED_PROMPT.rstrip()]
    room.type("commit agents are quick\r")
    asked = room.answer({**preview((WRAP_UP, 30.0, 20.0), number=8), "waiting": ["x.y"]})
    assert asked == ("site_edit", {"base": 7, "edits": (("set", WRAP_UP, "20"),), "why": "agents are quick"})
    assert room.lines[-4:] == ["Version 8 is in force:", f"{WRAP_UP}: 30 -> 20", "These wait for the next start: x.y", PROMPT.rstrip()]


def test_a_refused_edit_is_not_kept(room: Room) -> None:
    """A wrong value is said and forgotten; what was there before stays."""
    set_wrap_up(room)
    room.type("set desk.colour red\r")
    room.asked[-1][3](Refused(text("There is no such setting.")))
    assert room.lines[-2:] == ["There is no such setting.", CHANGED_PROMPT.rstrip()]
    assert room.session.sitting.edits == (("set", WRAP_UP, "20"),)


def test_who_corrects_himself_makes_one_edit(room: Room) -> None:
    """The same setting typed again replaces what was typed before; back to what is in force leaves nothing to commit."""
    set_wrap_up(room)
    room.type(f"set {WRAP_UP} 30\r")
    assert room.answer(preview()) == ("site_edit_preview", {"edits": (("set", WRAP_UP, "30"),)})
    assert room.lines[-2:] == ["Nothing differs from version 7, which is in force.", PROMPT.rstrip()]


def test_what_is_missing_is_said_at_once(room: Room) -> None:
    """A half-made entry is taken, with what it still needs."""
    room.type("add agents 7007\r")
    room.answer(preview(faults=text_as_json(text("agents[7007].pin: missing"))))
    assert room.lines[-3:] == ["Taken. Before it can be committed:", "agents[7007].pin: missing", CHANGED_PROMPT.rstrip()]


def test_somebody_elses_commit_is_seen_before_it_is_built_upon(room: Room) -> None:
    """After a refused commit ``compare`` shows the difference to the newer version, and the next commit is made from that."""
    set_wrap_up(room)
    room.type("commit quicker\r")
    room.asked[-1][3](Refused(text("Meanwhile user li made version 8 (test).")))
    assert room.session.sitting.edits
    room.type("compare\r")
    room.answer(preview((WRAP_UP, 40.0, 20.0), number=8))
    assert room.lines[-3:-1] == ["Meanwhile user li made version 8 (test).", f"{WRAP_UP}: 40 -> 20"]
    room.type("commit quicker\r")
    assert room.asked[-1][1]["base"] == 8


def test_a_secret_is_typed_unseen_and_remembered_masked(room: Room) -> None:
    """A PIN stands neither on the screen nor in the lines typed before, whichever way it was typed."""
    room.type("set agents[1001].pin\r")
    room.answer({"secret": True, "label": text_as_json(text("PIN"))})
    assert room.screen.current == "PIN (what is typed is not shown): "
    room.type("97?5\x7f4\r")
    assert room.asked[-1][1] == {"edits": (("set", "agents[1001].pin", "97?4"),)}
    room.answer(preview(("agents[1001].pin", "****", "****")))
    room.type("set agents[1001].pin 1357\r")
    room.answer(preview(("agents[1001].pin", "****", "****")))
    room.type("typed\r")
    assert room.lines[-4:-1] == ["set agents[1001].pin", "set agents[1001].pin ****", "typed"]
    assert not any("97?4" in line for line in room.lines)


def test_masking_knows_typing_mistakes() -> None:
    """Shortened words and misspelt names of settings hide what follows them; ordinary values stay readable."""
    assert without_secret(f"set {WRAP_UP} 20") == f"set {WRAP_UP} 20"
    assert without_secret("s agents[1].pin 1 2") == "s agents[1].pin ****"
    assert without_secret("SET agents[1].pn 12") == "SET agents[1].pn ****"
    assert without_secret("calls 20") == "calls 20"


def test_leaving_with_edits_asks(room: Room) -> None:
    """``quit`` and Ctrl-D ask first; no keeps everything, yes forgets it."""
    set_wrap_up(room)
    room.type("quit\r")
    assert room.screen.current.endswith("[y/N] ")
    room.type("xn")
    assert (room.left, room.screen.bells, room.screen.current) == (0, 1, CHANGED_PROMPT)
    room.type("\x04")
    room.type("y")
    assert (room.left, room.session.over) == (1, True)


def test_a_restart_is_confirmed(room: Room) -> None:
    """The question names how many calls would end; Enter alone is no; Ctrl-C gives up; yes asks for it."""
    for keys, asked in (("\r", 1), ("\x03", 2), ("y", 4)):
        room.type("restart\r")
        room.answer({"calls": 3})
        assert room.screen.current == "Restart the appliance? Calls that would end: 3. [y/N] "
        room.type(keys)
        assert len(room.asked) == asked
    assert room.asked[-1][:2] == ("restart", {"when": "now"})


def test_ones_own_password_is_typed_unseen() -> None:
    """A user at a remote terminal changes the own password; two that differ change nothing."""
    room = Room(own="li")
    for again, asked in (("other\r", 0), ("new one\r", 1)):
        room.type("passwd\r")
        room.type("old one\rnew one\r" + again)
        assert len(room.asked) == asked
    assert room.asked[-1][:2] == ("own_password", {"old": "old one", "new": "new one"})
    room.answer({})
    assert room.lines[-2] == "Your password is changed."
    assert not any("one" in line for line in room.lines)


def test_at_the_machine_a_password_is_given(room: Room) -> None:
    """Without a name it is admin's: the rescue."""
    room.type("passwd\r")
    assert room.answer({"user": "admin", "password": "abcd-efgh"}) == ("new_password", {"user": "admin"})
    assert "abcd-efgh" in room.lines[-3] + room.lines[-2]


def test_help_for_a_setting_comes_from_the_appliance(room: Room) -> None:
    """``?`` lists what the name may become, and at the value says what it may be and is; the line stays."""
    room.type("set queues[service].w?")
    names = [{"name": f"queues[service].{name}", "label": text_as_json(text("L"))} for name in ("wrap_up_s", "waiting_most")]
    assert room.answer({"names": names})[1] == {"edits": (), "begun": "queues[service].w", "lists": False}
    assert room.lines[-3:] == ["wrap_up_s     L", "waiting_most  L", "strowger> set queues[service].w"]
    room.type("r\t")
    room.answer({"names": names[:1]})
    assert room.screen.current == f"strowger> set {WRAP_UP} "
    room.type("?")
    about = {
        "kind": "number",
        "label": text_as_json(text("Wrap-up time")),
        "help": text_as_json(text("Paperwork.")),
        "says": text_as_json(text("")),
    }
    room.answer(
        {
            **about,
            "least": 0.0,
            "most": 3600.0,
            "unit": "s",
            "choices": [],
            "now": "20",
            "before": "30",
            "must": False,
            "secret": False,
            "usual": "30",
        }
    )
    assert room.lines[-7:-1] == ["Wrap-up time", "Paperwork.", "a number; 0 - 3600 s", "now: 20", "in force: 30", "usual: 30"]


def test_what_is_not_permitted_is_not_offered() -> None:
    """Help leaves out what a user may not do; typed all the same it is refused in words, and the appliance is not asked."""
    room = Room(may=lambda act: act is Act.SEE_STATUS)
    room.type("help\r")
    assert not any(line.startswith(("set ", "restart", "log ")) for line in room.lines)
    assert any(line.startswith("status") for line in room.lines)
    room.type("\x03restart now\r")
    assert room.lines[-2] == "You may not use restart now: your roles do not permit it."
    assert room.asked == []


def test_the_terminals_size_can_be_typed(room: Room) -> None:
    """On a line that does not tell its size, lines break where the technician says."""
    room.type("terminal 40 10\r")
    assert room.session.sitting.width == 39
    room.type("terminal 5\r")
    assert "at least 24 columns" in room.lines[-2]


# ---- without a dialogue ---------------------------------------------------------------------------------------------------


class Script:
    """Runs lines against answers by command, at once or later."""

    def __init__(self, answers: Mapping[str, Any], *, later: bool = False) -> None:
        self.asked: list[tuple[str, Mapping[str, object]]] = []
        self.written: list[str] = []
        self.ended: list[Exception | None] = []
        self.waiting: list[Callable[[], None]] = []
        self._answers = answers
        self._later = later

    def run(self, *lines: str) -> str:
        """What was written; the error of the batch at the end, if there was one."""
        Batch(self._ask, self.written.append, lambda: self.ended.append(None), self.ended.append, lambda msgid: msgid).run(iter(lines))
        while self.waiting:
            self.waiting.pop(0)()
        assert len(self.ended) == 1
        return "".join(self.written) + (str(self.ended[0]) if self.ended[0] is not None else "")

    def _ask(self, command: str, arguments: Mapping[str, object], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        self.asked.append((command, arguments))
        answer = self._answers[command]

        def act() -> None:
            if isinstance(answer, Exception):
                failed(answer)
            else:
                done(answer)

        if self._later:
            self.waiting.append(act)
        else:
            act()


@pytest.mark.parametrize("later", [False, True])
def test_lines_of_a_script_are_one_sitting(later: bool) -> None:
    """``set`` and ``commit`` in one script go together, whether answers come at once or later."""
    script = Script(
        {"site_edit_preview": preview((WRAP_UP, 30.0, 20.0)), "site_edit": preview((WRAP_UP, 30.0, 20.0), number=8)}, later=later
    )
    assert script.run(f"set {WRAP_UP} 20", "", "commit quicker").endswith(f"Version 8 is in force:\n{WRAP_UP}: 30 -> 20\n")
    assert script.asked[-1][1]["base"] == 7


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([f"set {WRAP_UP} 20"], "Edits not committed: 1. They will be forgotten."),
        (["restart"], "nobody can be asked here; “restart now” does it without a question"),
        (["set agents[1].pin"], "The value is missing: nobody can be asked here."),
        (["agents", "status"], "not now"),
        (["frob"], "“frob” is not known here; “?” shows what is."),
    ],
)
def test_a_script_ends_at_the_first_fault(lines: list[str], said: str) -> None:
    """What needs a person, what is refused and what is forgotten is an error with its reason."""
    answers = {
        "site_edit_preview": preview((WRAP_UP, 30.0, 20.0)),
        "restart_state": {"calls": 0},
        "site_edit_about": {"secret": True, "label": text_as_json(text("PIN"))},
        "agents": Refused(text("not now")),
    }
    script = Script(answers)
    assert script.run(*lines).endswith(said)
    assert "status" not in [command for command, _arguments in script.asked]


def test_quit_ends_a_script() -> None:
    """What follows is not run."""
    assert Script({}).run("quit", "frob") == ""
