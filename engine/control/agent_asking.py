"""What agents and those who lead them may ask and command about the agents' own work, for the table in ``asking.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from engine.control.agent_work import AgentWork
from engine.kernel.errors import BadInput
from engine.kernel.text import text
from engine.people.actors import Act, Actor

__all__ = ["agent_answers"]

WORD_MOST = 100

Request = Mapping[str, Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
Answer = Callable[[Actor, Request, Done, Failed], None]
Command = Callable[[Actor, str, Request], None]


def agent_answers(work: AgentWork, told: Callable[[Actor, str, str, Done], None]) -> Mapping[str, tuple[Act, Answer]]:
    """The commands, each with the right it needs. ``told`` writes into the log who commanded what, and answers with the agent as it is then.

    Those of an agent (``own_…``) are about the agent who the user is, whatever the request says.
    """
    commands: Mapping[str, tuple[str, Command]] = {
        "note": ("notes a call of", lambda actor, agent, request: work.note_call_of(actor, agent, _word(request, "code"))),
        "extend_wrap_up": ("extends the wrap-up of", lambda actor, agent, _request: work.extend_wrap_up_of(actor, agent)),
        "end_wrap_up": ("ends the wrap-up of", lambda actor, agent, _request: work.end_wrap_up_of(actor, agent)),
        "reject": ("rejects the call of", lambda actor, agent, _request: work.reject_offer_of(actor, agent)),
        "sign_in": ("signs in", lambda actor, agent, request: work.sign_of(actor, agent, _word(request, "queue"), out=False)),
        "sign_out": ("signs out", lambda actor, agent, request: work.sign_of(actor, agent, _word(request, "queue"), out=True)),
    }

    def of_agent(says: str, command: Command) -> Answer:
        def answer(actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
            agent = _word(request, "agent")
            command(actor, agent, request)
            told(actor, f"{says} agent {agent}", agent, done)

        return answer

    def today(actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        done(asdict(work.today_of(actor, _word(request, "agent"))))

    def own(answer: Answer) -> Answer:
        def of_oneself(actor: Actor, request: Request, done: Done, failed: Failed) -> None:
            answer(actor, {**request, "agent": actor.agent}, done, failed)

        return of_oneself

    answers = {name: of_agent(says, command) for name, (says, command) in commands.items()}
    return {
        "agent_today": (Act.SEE_STATUS, today),
        "own_today": (Act.OWN_AGENT, own(today)),
        **{f"agent_{name}": (Act.AGENT_STATE, answer) for name, answer in answers.items()},
        **{f"own_{name}": (Act.OWN_AGENT, own(answer)) for name, answer in answers.items()},
    }


def _word(request: Request, name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= WORD_MOST:
        raise BadInput(text("{name} is wanted: a word.", name=name))
    return value
