"""Calls over a D channel, both ends joined frame by frame in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from boards.e1 import pri_events as e
from boards.e1.pri import CallOver, CommandRefused, DChannel, DChannelIsDown, TooManyCalls
from boards.e1.pri_values import (
    Bearer,
    CallingNumber,
    Notification,
    NumberingPlan,
    PartyNumber,
    Presentation,
    PriSettings,
    ProgressIndicator,
    RedirectingNumber,
    RedirectionReason,
    Role,
    Screening,
    ServiceStatus,
    SetupRequest,
    SwitchType,
    TypeOfNumber,
)
from boards.e1.q931 import Message, MessageType, parse_message
from engine.kernel.errors import BadInput
from tests.golden.pri_traces import TRACES, trace, trace_file
from tests.pri_bench import CALLED, CALLING, End, PriPair, a_call

USER, NETWORK = PriSettings(role=Role.USER), PriSettings(role=Role.NETWORK)
IN_BAND = frozenset({ProgressIndicator.IN_BAND})


@pytest.fixture
def pair() -> Iterator[PriPair]:
    joined = PriPair().up()
    yield joined
    joined.close()


def talking(pair: PriPair, channel: int = 1) -> tuple[e.CallRef, e.CallRef]:
    """An answered call from us; its reference here and there."""
    ours = pair.user.channel.set_up(a_call(channel))
    pair.settle()
    theirs = pair.network.call()
    pair.network.channel.proceed(theirs)
    pair.network.channel.alert(theirs)
    pair.network.channel.answer(theirs)
    pair.settle()
    return ours, theirs


def last(end: End, kind: type[e.Event]) -> e.Event:
    event = end.last(kind)
    assert event is not None, end.happened
    return event


def said(pair: PriPair, side: Role) -> list[MessageType | None]:
    """The types of the messages that a side sent."""
    messages = [parse_message(carried.octets[4:]) for carried in pair.carried if carried.side is side and not carried.octets[2] & 1]
    return [message.type for message in messages if isinstance(message, Message)]


def polite(end: End) -> Callable[[e.Event], None]:
    """Hang up when the other side does."""

    def answer(event: e.Event) -> None:
        if isinstance(event, e.Disconnecting):
            end.channel.hang_up(event.call, event.cause)

    return answer


def at_rest(pair: PriPair) -> bool:
    """No call record is left on either side, but for the interface's own."""
    return all(end.channel.counters().blocks_live - end.channel.counters().calls_live == 3 for end in (pair.user, pair.network)) and all(
        end.channel.counters().calls_live <= 1 for end in (pair.user, pair.network)
    )


# ---- the link --------------------------------------------------------------------------------------------------------


def test_the_d_channel_comes_up_by_itself() -> None:
    """A trunk that is plugged in works without anybody doing anything."""
    pair = PriPair()
    pair.settle()
    assert (pair.user.kinds(), pair.network.kinds()) == (["DChannelUp"], ["DChannelUp"])
    assert pair.user.channel.is_up
    pair.close()


@pytest.mark.parametrize(("role", "words"), [(Role.USER, "the user side: make one"), (Role.NETWORK, "the network side: make one")])
def test_two_ends_of_the_same_side_are_named(role: Role, words: str) -> None:
    """An installer who set both ends alike reads which side the other end claims, and what to change."""
    pair = PriPair(PriSettings(role=role), PriSettings(role=role))
    pair.settle()
    told = pair.user.last(e.Misconfigured)
    assert isinstance(told, e.Misconfigured)
    assert words in told.what.in_english()
    assert not pair.user.channel.is_up
    pair.close()


def test_no_call_is_tried_while_the_d_channel_is_down() -> None:
    """A caller is routed over another trunk at once instead of waiting for a dead one."""
    pair = PriPair()
    with pytest.raises(DChannelIsDown):
        pair.user.channel.set_up(a_call())
    assert pair.user.channel.counters().calls_live == 0
    pair.close()


def test_equal_seeds_send_equal_octets() -> None:
    """A fault seen in a simulated run can be seen again."""
    first, second = (PriPair(seed=4).up() for _ in range(2))
    for joined in (first, second):
        talking(joined)
        joined.wait(30)
    assert first.carried == second.carried
    first.close()
    second.close()


@pytest.mark.parametrize("name", TRACES)
def test_the_octets_of_a_call_are_pinned(name: str) -> None:
    """What an exchange gets to see changes only on purpose (``make golden``)."""
    assert trace(name) == trace_file(name).read_text(encoding="utf-8")


# ---- set-up ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        SetupRequest(1, CALLED, CALLING),
        SetupRequest(31, PartyNumber("8613800138000", TypeOfNumber.INTERNATIONAL), None, exclusive=True, bearer=Bearer.SPEECH),
        SetupRequest(
            17,
            PartyNumber("4001", TypeOfNumber.ABBREVIATED, NumberingPlan.PRIVATE),
            CallingNumber("801", TypeOfNumber.SUBSCRIBER, NumberingPlan.ISDN, Presentation.RESTRICTED, Screening.USER_PASSED),
            RedirectingNumber("4008001234", TypeOfNumber.NATIONAL, NumberingPlan.ISDN, RedirectionReason.BUSY),
            user_user="order 17",
        ),
        SetupRequest(2, PartyNumber("1" * 31, TypeOfNumber.UNKNOWN, NumberingPlan.UNKNOWN), CallingNumber("*#ABCD")),
    ],
)
def test_what_a_set_up_says_arrives_both_ways(pair: PriPair, request_: SetupRequest) -> None:
    """Numbers, their types, whether the caller may be shown, who diverted the call: all arrive as they were sent."""
    for sender, receiver in ((pair.user, pair.network), (pair.network, pair.user)):
        sender.channel.set_up(request_)
        pair.settle()
        offered = last(receiver, e.Offered)
        assert isinstance(offered, e.Offered)
        assert (offered.channel, offered.exclusive, offered.complete) == (request_.channel, request_.exclusive, True)
        assert (offered.called, offered.calling, offered.redirecting) == (request_.called, request_.calling, request_.redirecting)
        assert (offered.bearer, offered.a_law, offered.user_user) == (request_.bearer, True, request_.user_user)
        receiver.channel.hang_up(offered.call, 34)
        pair.settle()


def test_every_step_of_an_outgoing_call_is_told(pair: PriPair) -> None:
    """The caller hears the other side from PROCEEDING on, ringing and answer are known the moment they happen."""
    ours = pair.user.channel.set_up(a_call(3))
    pair.settle()
    theirs = pair.network.call()
    acts: list[Callable[[], None]] = [
        lambda: pair.network.channel.proceed(theirs),
        lambda: pair.network.channel.progress(theirs),
        lambda: pair.network.channel.alert(theirs, in_band=True),
        lambda: pair.network.channel.answer(theirs),
    ]
    for act in acts:
        act()
        pair.settle()
    assert pair.user.happened == [
        e.Proceeding(ours, 3),
        e.Progress(ours, 3, IN_BAND, None),
        e.Alerting(ours, 3, IN_BAND),
        e.Answered(ours, 3),
    ]


@pytest.mark.parametrize(("octet_3a", "presentation"), [("83", Presentation.ALLOWED), ("a3", Presentation.RESTRICTED)])
def test_who_answered_is_told(pair: PriPair, octet_3a: str, presentation: Presentation) -> None:
    """A called party that was diverted or has another number is known by it, unless it withholds that."""
    connected = bytes.fromhex("4c0c21" + octet_3a) + b"2161234567"
    pair.garble = lambda side, octets: [octets + connected if octets[7:9] == b"\x01\x07" and side is Role.NETWORK else octets]
    talking(pair)
    answered = last(pair.user, e.Answered)
    assert isinstance(answered, e.Answered)
    assert answered.connected == CallingNumber("2161234567", TypeOfNumber.NATIONAL, NumberingPlan.ISDN, presentation, Screening.NETWORK)


def test_the_exchange_may_move_a_call_to_another_channel(pair: PriPair) -> None:
    """Speech goes over the channel that the exchange gave, not over the one that was asked for."""
    ours = pair.user.channel.set_up(a_call(3))
    pair.settle()
    pair.network.channel.proceed(pair.network.call(), 9)
    pair.settle()
    assert pair.user.happened == [e.Proceeding(ours, 9)]


@pytest.mark.parametrize("from_us", [True, False])
def test_digits_may_follow_one_by_one(from_us: bool) -> None:
    """A number dialled digit by digit reaches the other side whole, whichever side dials."""
    overlap = PriPair(replace(USER, overlap_receiving=True), replace(NETWORK, overlap_receiving=True)).up()
    caller, called = (overlap.user, overlap.network) if from_us else (overlap.network, overlap.user)
    call = caller.channel.set_up(a_call(5, called=PartyNumber("0"), complete=False))
    overlap.settle()
    offered = last(called, e.Offered)
    assert isinstance(offered, e.Offered)
    assert (offered.called.digits, offered.complete) == ("0", False)
    called.channel.acknowledge_setup(offered.call, dial_tone=True)
    overlap.settle()
    assert last(caller, e.SetupAcknowledged) == e.SetupAcknowledged(call, 5, IN_BAND)
    caller.channel.more_digits(call, "21*#")
    overlap.settle()
    heard = [event.digits for event in called.happened if isinstance(event, e.MoreDigits)]
    assert heard == ["2", "1", "*", "#"]
    called.channel.proceed(offered.call)
    overlap.settle()
    assert caller.kinds()[-1] == "Proceeding"
    overlap.close()


@pytest.mark.parametrize(("overlap", "expected"), [(False, MessageType.CALL_PROCEEDING), (True, MessageType.SETUP_ACKNOWLEDGE)])
def test_an_offer_that_nobody_answered_is_answered_before_its_call_goes_on(overlap: bool, expected: MessageType) -> None:
    """A call that the caller gives up while the appliance still thinks about it ends on both sides, and is not forgotten half-way."""
    pair = PriPair(replace(USER, overlap_receiving=overlap)).up()
    theirs = pair.network.channel.set_up(a_call(4, called=PartyNumber("8"), complete=not overlap))
    pair.settle()
    pair.network.channel.restart(20)
    pair.settle()
    assert pair.network.kinds() == ["RestartAcknowledged"]
    pair.user.answer = polite(pair.user)
    pair.network.channel.hang_up(theirs, 16)
    pair.settle()
    assert pair.network.kinds() == ["RestartAcknowledged", "Released"]
    assert said(pair, Role.USER) == [MessageType.RESTART_ACKNOWLEDGE, expected, MessageType.RELEASE]
    assert pair.user.kinds() == ["Offered", "Restarted", "Disconnecting", "Released"]
    assert pair.user.channel.counters().offers_answered == 1
    assert at_rest(pair)
    pair.close()


def test_a_silent_exchange_ends_a_call_after_the_set_up_was_sent_twice(pair: PriPair) -> None:
    """A caller does not wait for ever on an exchange that does not answer: eight seconds, then the next route."""
    pair.garble = lambda side, octets: [octets if side is Role.NETWORK or octets[2] & 1 else octets[:4]]
    ours = pair.user.channel.set_up(a_call(3))
    pair.wait(7.9)
    assert pair.user.happened == []
    pair.wait(0.2)
    assert pair.user.happened == [e.Released(ours, 3, 18, e.EndedBy.FAR_END)]
    assert at_rest(pair)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SetupRequest(0, CALLED),
        lambda: SetupRequest(32, CALLED),
        lambda: SetupRequest(1, PartyNumber("1" * 32)),
        lambda: SetupRequest(1, PartyNumber("+8613800138000")),
        lambda: SetupRequest(1, CALLED, CallingNumber("1 2")),
        lambda: SetupRequest(1, PartyNumber("")),
        lambda: SetupRequest(1, CALLED, user_user="x" * 129),
        lambda: SetupRequest(1, CALLED, name="名" * 20),
        lambda: PriSettings(timers_s={"T305": 0.5}),
        lambda: PriSettings(timers_s={"T999": 1.0}),
        lambda: PriSettings(counts={"N200": 0}),
    ],
)
def test_what_cannot_be_sent_is_refused_where_it_is_made(make: Callable[[], object]) -> None:
    """A number that is too long, or a timer out of its range, is named before anything is sent."""
    with pytest.raises(BadInput):
        make()


# ---- clearing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answered", [False, True])
def test_every_cause_arrives_and_leaves_nothing_behind(pair: PriPair, answered: bool) -> None:
    """Whatever cause a call is cleared or refused with, the other side is told it, and both are free again at once."""
    pair.network.answer = polite(pair.network)
    for cause in range(1, 128):
        pair.forget()
        theirs = pair.network.channel.set_up(a_call(6))
        pair.settle()
        ours = pair.user.call()
        if answered:
            pair.user.channel.answer(ours)
            pair.settle()
        pair.user.channel.hang_up(ours, cause)
        pair.settle()
        assert pair.network.happened[-1] == e.Released(theirs, 6, cause, pair.network.happened[-1].by)  # type: ignore[attr-defined]  # a Released
        assert isinstance(pair.user.happened[-1], e.Released)
        assert at_rest(pair), cause


def test_both_ends_may_hang_up_at_once(pair: PriPair) -> None:
    """Two people who hang up together leave a free channel."""
    ours, theirs = talking(pair)
    pair.user.channel.hang_up(ours, 16)
    pair.network.channel.hang_up(theirs, 16)
    pair.settle()
    assert (pair.user.kinds()[-1], pair.network.kinds()[-1]) == ("Released", "Released")
    assert at_rest(pair)


def test_a_call_that_is_over_cannot_be_used(pair: PriPair) -> None:
    """A command that comes too late is refused in words and reaches no other call on that channel."""
    ours, theirs = talking(pair)
    pair.network.answer = polite(pair.network)
    pair.user.channel.hang_up(ours, 16)
    pair.user.channel.hang_up(ours, 16)
    with pytest.raises(CallOver):
        pair.user.channel.answer(ours)
    pair.settle()
    assert [kind for kind in pair.user.kinds() if kind == "Released"] == ["Released"]
    again, _ = talking(pair)
    for stale in (ours, e.CallRef(0), e.CallRef(0xFFFF_FFFF), e.CallRef(255)):
        with pytest.raises(CallOver):
            pair.user.channel.hang_up(stale, 16)
        with pytest.raises(CallOver):
            pair.user.channel.more_digits(stale, "1")
    assert again != ours
    assert theirs != again or pair.user.channel is not pair.network.channel


def test_an_offer_may_be_refused_twice(pair: PriPair) -> None:
    """Two parts of the appliance that give the same call up at once do not trip over each other."""
    pair.network.channel.set_up(a_call(2))
    pair.settle()
    call = pair.user.call()
    pair.user.channel.hang_up(call, 1)
    pair.user.channel.hang_up(call, 16)
    with pytest.raises(CallOver):
        pair.user.channel.answer(call)
    pair.settle()
    assert pair.user.happened[1:] == [e.Released(call, 2, 1, e.EndedBy.LIBRARY)]
    with pytest.raises(CallOver):
        pair.user.channel.hang_up(call, 16)


def test_an_announcement_in_a_disconnect_is_heard_out() -> None:
    """A caller hears the exchange say why the call failed, until he hangs up."""
    for in_band, expected in ((True, "Progress"), (False, "Disconnecting")):
        pair = PriPair(replace(USER, in_band_disconnect=in_band)).up()
        ours = pair.user.channel.set_up(a_call(3))
        pair.settle()
        pair.network.channel.proceed(pair.network.call())
        pair.settle()
        pair.garble = lambda side, octets: [
            octets + bytes.fromhex("1e028188") if octets[7:9] == b"\x01\x45" and side is Role.NETWORK else octets
        ]
        pair.network.channel.hang_up(pair.network.call(), 1)
        pair.settle()
        assert pair.user.kinds()[-1] == expected
        if in_band:
            assert last(pair.user, e.Progress) == e.Progress(ours, 3, IN_BAND, 1)
        pair.user.channel.hang_up(ours, 1)
        pair.settle()
        assert at_rest(pair)
        pair.close()


@pytest.mark.parametrize("from_us", [True, False])
def test_nothing_is_announced_to_who_has_talked_or_gone(pair: PriPair, from_us: bool) -> None:
    """A conversation that the exchange clears with busy tone in band is over at once, and so is a call whose caller gave up."""
    if from_us:
        ours, theirs = talking(pair)
    else:
        theirs = pair.network.channel.set_up(a_call(2))
        pair.settle()
        ours = pair.user.call()
        pair.user.channel.alert(ours)
        pair.settle()
    pair.garble = lambda side, octets: [
        octets + bytes.fromhex("1e028288") if octets[7:9] in (b"\x01\x45", b"\x00\x45") and side is Role.NETWORK else octets
    ]
    pair.network.channel.hang_up(theirs, 16)
    pair.settle()
    assert last(pair.user, e.Disconnecting) == e.Disconnecting(ours, 1 if from_us else 2, 16)


def test_a_far_end_that_never_answers_a_disconnect_does_not_keep_the_channel(pair: PriPair) -> None:
    """A channel is free again within 40 seconds, whatever the exchange does."""
    ours, _ = talking(pair)
    pair.garble = lambda side, octets: [octets[:4] if side is Role.NETWORK and not octets[2] & 1 else octets]
    pair.user.channel.hang_up(ours, 16)
    pair.wait(37)
    assert "Released" not in pair.user.kinds()
    pair.wait(3)
    assert last(pair.user, e.Released) == e.Released(ours, 1, 16, e.EndedBy.US)
    assert pair.user.channel.counters().calls_live == 0


def test_an_announcement_that_crosses_our_hang_up_does_not_keep_the_channel(pair: PriPair) -> None:
    """An exchange that answers our hang-up with an announcement and then forgets the call cannot block a channel for ever."""
    ours, theirs = talking(pair)
    pair.garble = lambda side, octets: [
        octets + bytes.fromhex("1e028188") if octets[7:9] == b"\x01\x45" and side is Role.NETWORK else octets
    ]
    pair.user.channel.hang_up(ours, 16)
    pair.network.channel.hang_up(theirs, 16)
    pair.settle()
    pair.garble = lambda _side, octets: [octets[:4] if not octets[2] & 1 else octets]  # from now on nothing is said
    pair.wait(200)
    assert pair.user.kinds()[-1] == "Released"
    assert pair.user.channel.counters().calls_live == 0


# ---- the interface ---------------------------------------------------------------------------------------------------


def test_a_channel_can_be_restarted_from_either_end(pair: PriPair) -> None:
    """A channel about which the two ends disagree is brought to rest by one command."""
    for one, other in ((pair.user, pair.network), (pair.network, pair.user)):
        one.channel.restart(5)
        pair.settle()
        assert other.happened == [e.Restarted(5)]
        assert one.happened == [e.RestartAcknowledged(5)]
        pair.forget()
    with pytest.raises(CommandRefused):
        pair.user.channel.restart(0)


@pytest.mark.parametrize(
    ("elements", "channels"), [("1805a983010283790180", [1, 2, 3]), ("790186", [None]), ("1806a99300000006790180", [1, 2])]
)
def test_a_restart_of_several_channels_tells_of_each(pair: PriPair, elements: str, channels: list[int | None]) -> None:
    """When the exchange restarts a range of channels, or all, every call on them is known to be over."""

    def widened(side: Role, octets: bytes) -> list[bytes]:
        restarts = side is Role.NETWORK and octets[7:9] == b"\x00\x46"
        return [octets[:9] + bytes.fromhex(elements) if restarts else octets]

    pair.garble = widened
    pair.network.channel.restart(5)
    pair.settle()
    assert [event.channel for event in pair.user.happened if isinstance(event, e.Restarted)] == channels
    assert "RestartAcknowledged" in pair.network.kinds()


def test_glare_leaves_two_calls_of_which_each_can_be_moved_or_refused(pair: PriPair) -> None:
    """When both ends take the same channel at once, the exchange's call keeps it and ours goes on elsewhere."""
    ours, theirs = pair.user.channel.set_up(a_call(8)), pair.network.channel.set_up(a_call(8))
    pair.settle()
    at_exchange, at_ours = pair.network.call(), pair.user.call()
    pair.network.channel.proceed(at_exchange, 9)
    pair.user.channel.proceed(at_ours)
    pair.settle()
    assert last(pair.user, e.Proceeding) == e.Proceeding(ours, 9)
    assert last(pair.network, e.Proceeding) == e.Proceeding(theirs, 8)


def test_glare_on_a_channel_that_is_insisted_upon_refuses_one(pair: PriPair) -> None:
    """Cause 44 tells the side that lost to try another channel."""
    ours = pair.user.channel.set_up(replace(a_call(8), exclusive=True))
    pair.network.channel.set_up(replace(a_call(8), exclusive=True))
    pair.settle()
    pair.network.channel.hang_up(pair.network.call(), 44)
    pair.settle()
    assert last(pair.user, e.Released) == e.Released(ours, 8, 44, e.EndedBy.FAR_END)


@pytest.mark.parametrize(
    ("outage_s", "t309_s", "notices", "survives"),
    [(5, 6.0, False, True), (18, 6.0, True, True), (60, 6.0, True, False), (60, 90.0, True, True), (300, 90.0, True, False)],
)
def test_answered_calls_outlive_their_d_channel_for_t309(outage_s: float, t309_s: float, notices: bool, survives: bool) -> None:
    """A short fault of the D channel drops no conversation; a long one ends them when the setting says so, and both ends agree."""
    pair = PriPair(replace(USER, timers_s={"T309": t309_s}), replace(NETWORK, timers_s={"T309": t309_s})).up()
    calls = [talking(pair, channel)[0] for channel in range(1, 6)]
    ringing = pair.user.channel.set_up(a_call(20))
    pair.settle()
    pair.network.channel.proceed(pair.network.call())
    pair.settle()
    pair.forget()
    pair.cut = True
    pair.wait(outage_s)
    pair.cut = False
    pair.wait(30)
    ended = [event.call for event in pair.user.happened if isinstance(event, e.Released)]
    assert pair.user.kinds().count("DChannelDown") == pair.user.kinds().count("DChannelUp") == notices
    assert (ringing in ended) is notices
    assert [call for call in calls if call in ended] == ([] if survives else calls)
    assert len([event for event in pair.network.happened if isinstance(event, e.Released)]) == len(ended)
    pair.network.answer = polite(pair.network)
    for call in {*calls, ringing} - {*ended}:
        pair.user.channel.hang_up(call, 16)
    pair.settle()
    assert at_rest(pair)
    pair.close()


def test_a_lost_frame_is_sent_again(pair: PriPair) -> None:
    """A crackle on the line costs a second, not the call."""
    dropped = iter([True])
    pair.garble = lambda _side, octets: [] if not octets[2] & 1 and next(dropped, False) else [octets]
    ours = pair.user.channel.set_up(a_call(3))
    pair.settle()
    assert pair.network.happened == []
    pair.wait(1.1)
    assert pair.network.kinds() == ["Offered"]
    pair.network.channel.proceed(pair.network.call())
    pair.settle()
    assert pair.user.happened == [e.Proceeding(ours, 3)]


# ---- during a call ---------------------------------------------------------------------------------------------------


def test_keypad_digits_and_notifications_arrive(pair: PriPair) -> None:
    """What is keyed as signalling during a call, and that the other side put us on hold, is known."""
    ours, theirs = talking(pair)
    pair.forget()
    pair.user.channel.keypad(ours, "*21#")
    pair.network.channel.notify(theirs, Notification.REMOTE_HOLD)
    pair.settle()
    assert pair.network.happened == [e.Keypad(theirs, 1, "*21#")]
    assert pair.user.happened == [e.Notified(ours, 1, Notification.REMOTE_HOLD)]


def test_a_call_can_be_held_and_taken_back() -> None:
    """Where the exchange allows it, a held call frees its channel and comes back on another."""
    pair = PriPair(replace(USER, hold=True), replace(NETWORK, hold=True)).up()
    ours, theirs = talking(pair, 4)
    pair.user.channel.hold(ours)
    pair.settle()
    assert pair.network.happened[-1] == e.HoldWanted(theirs, 4)
    pair.network.channel.acknowledge_hold(theirs)
    pair.settle()
    assert pair.user.kinds()[-1] == "HoldAcknowledged"
    pair.user.channel.retrieve(ours)
    pair.settle()
    wanted = pair.network.happened[-1]
    assert isinstance(wanted, e.RetrieveWanted)
    pair.network.channel.acknowledge_retrieve(theirs, 7)
    pair.settle()
    assert pair.user.happened[-1] == e.RetrieveAcknowledged(ours, 7)
    pair.user.channel.hold(ours)
    pair.settle()
    pair.network.channel.reject_hold(theirs, 69)
    pair.settle()
    assert last(pair.user, e.HoldRejected) == e.HoldRejected(ours, 7, 69)
    pair.close()


def test_hold_is_refused_where_it_is_not_set(pair: PriPair) -> None:
    """An exchange that tries to hold a call is told that it cannot, and the call goes on."""
    held = PriPair(network=replace(NETWORK, hold=True)).up()
    ours, theirs = talking(held)
    held.network.channel.hold(theirs)
    held.settle()
    assert held.network.happened[-1] == e.HoldRejected(theirs, 1, 69)
    held.user.channel.notify(ours, Notification.USER_RESUMED)
    held.close()
    assert pair.user.channel.is_up


def test_a_channel_is_taken_out_of_service_by_message() -> None:
    """Where the exchange has maintenance messages, a technician's blocking of a channel is known there."""
    settings = PriSettings(role=Role.USER, switch_type=SwitchType.NI2, service_messages=True)
    pair = PriPair(settings, replace(settings, role=Role.NETWORK)).up()
    pair.user.channel.send_service(7, ServiceStatus.OUT_OF_SERVICE)
    pair.settle()
    assert pair.network.happened == [e.ServiceChanged(7, ServiceStatus.OUT_OF_SERVICE)]
    assert pair.user.happened == [e.ServiceAcknowledged(7, ServiceStatus.OUT_OF_SERVICE)]
    pair.close()


def test_service_messages_are_refused_where_they_are_not_set(pair: PriPair) -> None:
    """On a Chinese trunk nothing is sent that its exchange does not know."""
    with pytest.raises(CommandRefused):
        pair.user.channel.send_service(7, ServiceStatus.OUT_OF_SERVICE)
    pair.settle()
    assert pair.network.happened == []


@pytest.mark.parametrize("switch_type", list(SwitchType))
def test_every_switch_type_completes_a_call(switch_type: SwitchType) -> None:
    """A trunk in front of another make of exchange works by one setting."""
    pair = PriPair(PriSettings(role=Role.USER, switch_type=switch_type), PriSettings(role=Role.NETWORK, switch_type=switch_type)).up()
    pair.network.answer = polite(pair.network)
    ours, _ = talking(pair)
    assert pair.user.kinds()[-1] == "Answered"
    pair.user.channel.hang_up(ours, 16)
    pair.wait(10)
    assert pair.user.kinds()[-1] == "Released"
    pair.close()


# ---- limits ----------------------------------------------------------------------------------------------------------


def test_more_calls_than_fit_are_refused(pair: PriPair) -> None:
    """A flood of calls is turned away by name and ends no call that is under way."""
    calls = [pair.user.channel.set_up(a_call(1)) for _ in range(60)]
    pair.settle()
    calls += [pair.user.channel.set_up(a_call(1)) for _ in range(60)]
    pair.settle()
    calls += [pair.user.channel.set_up(a_call(1)) for _ in range(8)]
    with pytest.raises(TooManyCalls):
        pair.user.channel.set_up(a_call(1))
    pair.settle()
    assert len({event.call for event in pair.network.happened if isinstance(event, e.Offered)}) == 128
    pair.network.channel.hang_up(pair.network.call(), 17)
    pair.network.answer = polite(pair.network)
    pair.user.answer = polite(pair.user)
    pair.settle()
    for call in calls:
        if call not in [event.call for event in pair.user.happened if isinstance(event, e.Released)]:
            pair.user.channel.hang_up(call, 16)
        pair.settle()
    assert at_rest(pair)


def test_frames_that_do_not_fit_are_counted(pair: PriPair) -> None:
    """A burst beyond the queue is lost like noise, and a counter tells of it."""
    for _ in range(70):
        pair.user.channel.receive(bytes.fromhex("00010102"))
    assert pair.user.channel.counters().received_overflow == 6


def test_remarks_are_bounded_and_readable(pair: PriPair) -> None:
    """The library's remarks wait in a ring of their own, never on the console, and what does not fit is counted."""
    for _ in range(50):
        pair.user.channel.receive(bytes.fromhex("000173"))
        pair.user.channel.advance()
    remarks = list(pair.user.channel.remarks())
    assert len(remarks) == 32
    assert "MDL-ERROR" in remarks[0]
    assert pair.user.channel.counters().messages_lost >= 18
    assert list(pair.user.channel.remarks()) == []


def test_timers_are_those_of_the_settings() -> None:
    """An installer's timers are the ones that run."""
    now = [1_000_000]
    channel = DChannel(replace(USER, timers_s={"T305": 12.5, "T309": 90.0}, counts={"N200": 5}), lambda: now[0], 1)
    assert (channel.timer_ms("T305"), channel.timer_ms("T309"), channel.timer_ms("N200"), channel.timer_ms("T303")) == (
        12_500,
        90_000,
        5,
        4000,
    )
    assert channel.timer_ms("T999") == -1
    channel.close()
    channel.close()


def test_two_d_channels_have_times_of_their_own() -> None:
    """One trunk's timers never run by another trunk's clock, and a clock that steps back delays nothing for ever."""
    times = {"early": 1_000_000, "late": 9_000_000_000}
    early = DChannel(USER, lambda: times["early"], 1)
    late = DChannel(USER, lambda: times["late"], 1)
    for channel in (early, late):
        assert [len(frame) for frame in channel.frames_to_send()] == [3]
    assert early.next_timeout_us() == 2_000_000
    assert late.next_timeout_us() == 9_001_000_000
    times["late"] = 5
    assert late.advance() is None
    assert list(late.frames_to_send()) == []
    times["late"] = 9_001_000_000
    assert late.advance() is None
    assert [len(frame) for frame in late.frames_to_send()] == [3]
    early.close()
    late.close()


def test_bad_digits_and_causes_are_named(pair: PriPair) -> None:
    """A cause or digits that do not exist are refused before anything is sent."""
    ours, _ = talking(pair)
    acts: list[Callable[[], None]] = [
        lambda: pair.user.channel.hang_up(ours, 0),
        lambda: pair.user.channel.hang_up(ours, 128),
        lambda: pair.user.channel.more_digits(ours, ""),
        lambda: pair.user.channel.keypad(ours, "x"),
    ]
    for act in acts:
        with pytest.raises(BadInput):
            act()
