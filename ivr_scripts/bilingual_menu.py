"""Welcome, choice of language, one menu, then the queue."""

from __future__ import annotations

from engine.ivr.session import Session
from engine.kernel.errors import Refused
from engine.settings.site import FlowSection

__all__ = ["bilingual_menu"]

LANGUAGE_KEYS = {"1": "zh", "2": "en"}
AGENT_KEY = "1"


async def bilingual_menu(session: Session, flow: FlowSection) -> None:
    """Both languages are offered, each in itself; whoever presses nothing gets the site's language and the queue. The welcome may be free of charge."""
    if flow.welcome_free:
        await session.announce("welcome")
    await session.answer()
    await _choose_language(session, flow)
    await _menu(session, flow)
    try:
        await session.queue(flow.queue)
    except Refused:
        await session.say("queue_full", "goodbye")
        session.hang_up()


async def _choose_language(session: Session, flow: FlowSection) -> None:
    usual = session.call.language
    other = "en" if usual == "zh" else "zh"
    welcome = [] if flow.welcome_free else [(usual, "welcome")]
    spoken = [*welcome, (usual, f"language_{usual}"), (other, f"language_{other}")]
    key = await session.ask(spoken, flow.key_timeout_s)
    session.speak(LANGUAGE_KEYS.get(key, usual))


async def _menu(session: Session, flow: FlowSection) -> None:
    for _ in range(flow.menu_rounds):
        key = await session.ask([(session.call.language, "menu")], flow.key_timeout_s)
        if key in ("", AGENT_KEY):
            break
        await session.say("wrong_key")
    if session.all_busy(flow.queue):
        await session.say("all_busy_wait")
