"""The demo: an agent comes to work, a customer telephones, both talk, both hang up. All of it on simulated telephones.

The people act as people do: by lifting, pressing keys, speaking and listening. Nothing tells the appliance anything
that does not come in over its lines.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from appliance.simulation import Surrounded
from engine.kernel.errors import Refused
from engine.settings.site import Site
from hwsim.people import DeskPhone, Subscriber
from hwsim.signals import Samples
from hwsim.voices import speech

__all__ = ["DemoDay"]

CUSTOMER_NUMBER = "13800138000"
LOOK_EVERY_MS = 100
CUSTOMER_SAYS = {"zh": "您好,我想查询一下我的订单。", "en": "Hello, I would like to ask about my order."}
AGENT_SAYS = {"zh": "好的,请稍等,我马上帮您查询。", "en": "Certainly. One moment please, I will look it up for you."}
THANKS = {"zh": "谢谢,再见。", "en": "Thank you, good-bye."}


class DemoDay:
    """Plays the demo once. ``over`` is called when the customer has hung up, or when the demo cannot be played on this site."""

    def __init__(self, site: Site, around: Surrounded, voices: Path, over: Callable[[], None]) -> None:
        self._world = around.world
        self._exchange = around.exchange
        self._site = site
        self._told_over = over
        language = site.box.language
        self._lines = {key: speech(said[language], language, seed, voices) for key, said, seed in self._script()}
        self._customer = Subscriber(around.world, around.exchange, "customer", CUSTOMER_NUMBER, shown_name="Wang")
        self._agent = site.agents[0] if site.agents else None
        self._desk: DeskPhone | None = next(iter(around.phones.values()), None)

    @staticmethod
    def _script() -> list[tuple[str, dict[str, str], int]]:
        return [("customer", CUSTOMER_SAYS, 1), ("agent", AGENT_SAYS, 2), ("thanks", THANKS, 1)]

    @property
    def phones(self) -> tuple[str, ...]:
        """The desk phones that play in it, by name."""
        return (self._desk.name,) if self._desk is not None else ()

    def begin(self) -> None:
        """Start; returns at once."""
        if self._desk is None or self._agent is None or not any(trunk.flow for trunk in self._site.trunks):
            self._over()
            return
        self._world.after(500, self._log_in)

    # ---- the agent -----------------------------------------------------------------------------------------------------

    def _log_in(self) -> None:
        desk, agent = self._desk, self._agent
        assert desk is not None
        assert agent is not None
        desk.lift()
        keys = f"{self._site.desk.login_code}{agent.number}#{agent.pin}#"
        self._world.after(800, lambda: desk.press(keys))
        self._world.after(800 + 200 * len(keys) + 2500, self._agent_settles)

    def _agent_settles(self) -> None:
        assert self._desk is not None
        self._desk.hang_up()
        self._when(lambda: self._desk is not None and self._desk.ringing, 120_000, self._agent_is_rung)
        self._world.after(1500, self._customer_calls)

    def _agent_is_rung(self) -> None:
        # Two bursts, so that the number is shown before the handset goes up.
        self._world.after(6500, self._agent_answers)

    def _agent_answers(self) -> None:
        assert self._desk is not None
        self._desk.lift()
        self._world.after(4500, self._customer_speaks)

    # ---- the customer --------------------------------------------------------------------------------------------------

    def _customer_calls(self) -> None:
        line = next(trunk for trunk in self._site.trunks if trunk.flow)
        self._customer.call(line.name)
        self._when(lambda: self._customer.talking, 60_000, lambda: self._world.after(4000, self._customer_chooses))

    def _customer_chooses(self) -> None:
        self._customer.press("1" if self._site.box.language == "zh" else "2")
        self._world.after(4000, lambda: self._customer.press("1"))

    def _customer_speaks(self) -> None:
        self._say(self._customer, "customer", self._agent_speaks)

    def _agent_speaks(self) -> None:
        assert self._desk is not None
        self._say(self._desk, "agent", self._customer_thanks)

    def _customer_thanks(self) -> None:
        self._say(self._customer, "thanks", self._customer_leaves)

    def _customer_leaves(self) -> None:
        self._customer.hang_up()
        # Long enough for the appliance to recognise the exchange's busy tone and for the agent to hear that it is over.
        self._world.after(4500, self._agent_hangs_up)

    def _agent_hangs_up(self) -> None:
        assert self._desk is not None
        if self._desk.lifted:
            self._desk.hang_up()
        self._world.after(2000, self._over)

    def _over(self) -> None:
        """Nobody plays any more; the customer's number is free for others."""
        if not self._exchange.engaged(self._customer):
            self._exchange.unsubscribe(self._customer)
        self._told_over()

    # ---- small things --------------------------------------------------------------------------------------------------

    def _say(self, person: Subscriber | DeskPhone, what: str, then: Callable[[], None]) -> None:
        audio: Samples = self._lines[what]
        person.say(audio, what)
        self._world.after(len(audio) // 8 + 700, then)

    def _when(self, condition: Callable[[], bool], within_ms: int, then: Callable[[], object]) -> None:
        """Look every now and then; give up, and end the demo, when it does not come."""
        if condition():
            then()
        elif within_ms <= 0:
            self._end()
        else:
            self._world.after(LOOK_EVERY_MS, lambda: self._when(condition, within_ms - LOOK_EVERY_MS, then))

    def _end(self) -> None:
        for person in (self._customer, self._desk):
            try:
                if person is not None:
                    person.hang_up()
            except Refused:
                continue
        self._over()
