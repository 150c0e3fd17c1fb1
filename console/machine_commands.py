"""Passwords, restarting and the terminal itself."""

from __future__ import annotations

from collections.abc import Mapping

from console.steps import Confirm, Hidden, Question, Sitting, Steps
from console.tree import Argument, Command, Word
from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.people.users import FIRST_USER

__all__ = ["MACHINE_COMMANDS", "RESCUE_COMMANDS"]

COLUMNS_MOST = 1000
COLUMNS_LEAST = 24


def _nobody(command: str) -> Text:
    return text("nobody can be asked here; “{command}” does it without a question", command=command)


def _give_password(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    """Another password for an account; one's own, when no other is named."""
    user = str(values.get("user", ""))
    if not user and sitting.own:
        return (yield from _own_password(sitting))
    answer = yield Question("new_password", {"user": user or FIRST_USER})
    said = text(
        "new password of {user}: {password} (it must be changed at the next login)", user=answer["user"], password=answer["password"]
    )
    return sitting.say(said)


def _own_password(sitting: Sitting) -> Steps:
    nobody = text("nobody can be asked for a password here")
    old = yield Hidden(text("Present password (what is typed is not shown): "), nobody)
    new = yield Hidden(text("New password: "), nobody)
    again = yield Hidden(text("The new password again: "), nobody)
    if new != again:
        raise BadInput(text("The two new passwords differ. Nothing was changed."))
    yield Question("own_password", {"old": old, "new": new})
    return sitting.say(text("Your password is changed."))


def _restart(sitting: Sitting, _values: Mapping[str, object]) -> Steps:
    state = yield Question("restart_state")
    said = text("Restart the appliance? Calls that would end: {calls}.", calls=state["calls"])
    if not (yield Confirm(said, _nobody("restart now"))):
        return sitting.say(text("Nothing is restarted."))
    return (yield from _restart_now(sitting, {}))


def _restart_now(sitting: Sitting, _values: Mapping[str, object]) -> Steps:
    yield Question("restart", {"when": "now"})
    return sitting.say(text("The appliance restarts; it answers again in some seconds."))


def _restart_when_idle(sitting: Sitting, _values: Mapping[str, object]) -> Steps:
    state = yield Question("restart", {"when": "idle"})
    if state["going"]:
        return sitting.say(text("The appliance restarts; it answers again in some seconds."))
    return sitting.say(text("The appliance restarts when no call is left; calls now: {calls}.", calls=state["calls"]))


def _restart_state(sitting: Sitting, _values: Mapping[str, object]) -> Steps:
    state = yield Question("restart_state")
    if not state["pending"]:
        return sitting.say(text("No restart is waiting."))
    return sitting.say(
        text("A restart waits until no call is left, wanted by {by}; calls now: {calls}.", by=state["by"], calls=state["calls"])
    )


def _restart_cancel(sitting: Sitting, _values: Mapping[str, object]) -> Steps:
    yield Question("restart_cancel")
    return sitting.say(text("The restart is cancelled."))


def _reboot(sitting: Sitting, _values: Mapping[str, object]) -> Steps:
    state = yield Question("restart_state")
    if state["reboot_allowed"]:
        said = text("Reboot the whole machine? Calls that would end: {calls}.", calls=state["calls"])
        if not (yield Confirm(said, _nobody("reboot now"))):
            return sitting.say(text("Nothing is rebooted."))
    return (yield from _reboot_now(sitting, {}))


def _reboot_now(sitting: Sitting, _values: Mapping[str, object]) -> Steps:
    yield Question("reboot")
    return sitting.say(text("The machine reboots."))


def _terminal(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    columns, rows = int(str(values["columns"])), int(str(values.get("rows", 0)))
    if columns < COLUMNS_LEAST:
        raise BadInput(text("A terminal has at least {least} columns.", least=COLUMNS_LEAST))
    sitting.resize(columns, rows)
    if rows:
        return sitting.say(text("The terminal has {columns} columns and {rows} rows.", columns=columns, rows=rows))
    return sitting.say(text("The terminal has {columns} columns.", columns=columns))
    yield  # what makes it a row of steps, though it has none


_PASSWD = text("give an account of the page a new password; without a name one's own, at the machine itself admin's")
_USER = Argument("user", "USER", text("name of the account"), optional=True)
_RESTART = text("restart the appliance, after a question that says how many calls end")
_REBOOT = text("reboot the whole machine, after a question, where the site allows it")
_NOW = text("without a question")
_TERMINAL = text("the size of this terminal, where it does not say so by itself")

RESCUE_COMMANDS: tuple[Command, ...] = (Command((Word("passwd", _PASSWD), _USER), _PASSWD, run=_give_password),)
"""What somebody can do who has nothing but the cable."""

MACHINE_COMMANDS: tuple[Command, ...] = (
    *RESCUE_COMMANDS,
    Command((Word("restart", _RESTART),), _RESTART, run=_restart, act=Act.RESTART),
    Command(
        (Word("restart", _RESTART), Word("now", _NOW)), text("restart the appliance without a question"), run=_restart_now, act=Act.RESTART
    ),
    Command(
        (Word("restart", _RESTART), Word("when-idle", text("as soon as there is no call"))),
        text("restart the appliance as soon as there is no call"),
        run=_restart_when_idle,
        act=Act.RESTART,
    ),
    Command(
        (Word("restart", _RESTART), Word("state", text("whether a restart waits, and for how many calls"))),
        text("whether a restart waits, and for how many calls"),
        run=_restart_state,
        act=Act.RESTART,
    ),
    Command(
        (Word("restart", _RESTART), Word("cancel", text("do not restart when there is no call"))),
        text("do not restart when there is no call"),
        run=_restart_cancel,
        act=Act.RESTART,
    ),
    Command((Word("reboot", _REBOOT),), _REBOOT, run=_reboot, act=Act.RESTART),
    Command(
        (Word("reboot", _REBOOT), Word("now", _NOW)), text("reboot the whole machine without a question"), run=_reboot_now, act=Act.RESTART
    ),
    Command(
        (
            Word("terminal", _TERMINAL),
            Argument("columns", "COLUMNS", text("how many columns (24 to 1000)"), most=COLUMNS_MOST),
            Argument("rows", "ROWS", text("how many rows; left out: as before"), most=COLUMNS_MOST, optional=True),
        ),
        _TERMINAL,
        run=_terminal,
    ),
)
