/* channel.c - reading and writing the channels.
 *
 * Transmission is kept one block ahead: when a block is written, one more is still queued, so the thread may be late by almost
 * 20 ms before the far end hears a gap, and audio takes two blocks from a channel to another. A channel is given one block for
 * every block it gave; after a stall its queue is thrown away and begun afresh with a block of silence, so delay never adds up.
 *
 * Channels whose blocks are finished at nearly the moment of the sweep give none in one tick and two in the next. The older of the two
 * then belongs to a round that is past: detectors hear it, mixes and recordings do not, and nobody else is disturbed.
 *
 * Such channels are *astride* the sweep. The driver's clock may come 4 ms early or late (a kernel of 250 Hz), so a border that
 * lies at the sweep falls now before and now after it. Between two ticks, 5 ms before the next, their borders are moved there by
 * throwing away what was received of a block: once after opening, and again whenever a channel has slipped a few times.
 *
 * Most channels are asked for one block in a tick: to be told that there is no second one costs a third of all system calls. One in eight,
 * each in its turn, is a scout, which is asked first and until it has no more; so is a channel that gave nothing the last time. When a scout
 * had more - the thread was late - everybody is asked until there is no more.
 */
#include "parts.h"

#include <errno.h>
#include <string.h>

#define EVENTS_MOST 63 /* what the driver's event queue holds: of its 64 places one stays free */
#define SCOUTS_EVERY 8
#define SLIPS_MOST 3   /* a thread that was late once or twice makes slips too */

static void fail(struct pump *pump, struct port *port, int error)
{
    struct pump_event event = event_at(pump, PUMP_CHANNEL_FAILED, port->number, error);

    port->as.channel.failed = true;
    port->as.channel.stats.failure = error;
    pump->stats.failures++;
    event_push(pump, &event);
}

static void drain_events(struct pump *pump, struct port *port)
{
    for (int i = 0; i < EVENTS_MOST; i++) {
        int number = pump->io->next_event(pump->io->context, port->as.channel.fd);

        if (number <= 0)
            return;
        struct pump_event event = event_at(pump, PUMP_LINE_EVENT, port->number, number);

        port->as.channel.stats.line_events++;
        event_push(pump, &event);
    }
    struct pump_event full = event_at(pump, PUMP_LINE_EVENTS_FULL, port->number, EVENTS_MOST);

    event_push(pump, &full);
}

static void write_block(struct pump *pump, struct port *port, const uint8_t *octets)
{
    struct channel *channel = &port->as.channel;
    int put = pump->io->write(pump->io->context, channel->fd, octets, PUMP_BLOCK);

    if (put == EVENT_WAITS) {
        drain_events(pump, port);
        put = pump->io->write(pump->io->context, channel->fd, octets, PUMP_BLOCK);
    }
    if (put >= 0) {
        channel->stats.blocks_written++;
    } else if (put == -EAGAIN || put == EVENT_WAITS) {
        channel->stats.writes_refused++;
        pump->stats.writes_refused++;
    } else {
        fail(pump, port, put);
    }
}

static void set_astride(struct pump *pump, struct channel *channel, bool astride)
{
    if (channel->astride != astride)
        pump->astride += astride ? 1 : (uint32_t)-1;
    channel->astride = astride;
    channel->skipped = false;
    channel->slips = 0;
}

/* Also the way to bring a channel into step with the sweep: from here on its blocks fill from this moment. */
static int begin(struct pump *pump, struct port *port)
{
    struct channel *channel = &port->as.channel;
    int result = pump->io->flush(pump->io->context, channel->fd, FLUSH_RECEIVED | FLUSH_TRANSMIT);

    if (result < 0)
        return result;
    channel->fresh = true;
    channel->late = false;
    channel->received = 0;
    set_astride(pump, channel, true);
    if (!channel->held)
        write_block(pump, port, law_silence[port->law]);
    return 0;
}

uint32_t channels_align(struct pump *pump)
{
    uint32_t moved = 0;

    for (uint32_t i = 0; i < pump->channels.count && pump->astride > 0; i++) {
        struct channel *channel = &pump->channels.ports[i]->as.channel;

        if (!channel->astride)
            continue;
        set_astride(pump, channel, false);
        if (!channel->failed && pump->io->flush(pump->io->context, channel->fd, FLUSH_RECEIVED) >= 0)
            moved++;
    }
    return moved;
}

/* Nothing and then two, again and again: the border lies at the sweep. */
static void watch_border(struct pump *pump, struct channel *channel)
{
    if (channel->skipped && channel->received == 2 && !channel->astride && ++channel->slips >= SLIPS_MOST)
        set_astride(pump, channel, true);
    channel->skipped = channel->received == 0 && !channel->fresh && !channel->failed;
}

int channel_open(struct pump *pump, struct port *port, int fd, int law)
{
    int result;

    if (fd < 0)
        return -EBADF;
    if (law != PUMP_LAW_A && law != PUMP_LAW_MU)
        return -EINVAL;
    port_employ(&pump->channels, port, ROLE_CHANNEL);
    patch_shape(port, law, 0, 0);
    port->as.channel = (struct channel){.fd = fd};
    result = begin(pump, port);
    if (result < 0) /* the descriptor is ours all the same: closing is the one way to be rid of it */
        fail(pump, port, result);
    return 0;
}

int channel_flush(struct pump *pump, struct port *port)
{
    return port->as.channel.failed ? -ENODEV : begin(pump, port);
}

int channel_hold(struct pump *pump, struct port *port, bool held)
{
    struct channel *channel = &port->as.channel;

    if (channel->held == held)
        return 0;
    channel->held = held;
    return held || channel->failed ? 0 : begin(pump, port);
}

void channel_close(struct pump *pump, struct port *port)
{
    patch_break_all(pump, port);
    ears_close(port);
    bert_close(port);
    set_astride(pump, &port->as.channel, false);
    pump->io->close(pump->io->context, port->as.channel.fd);
    port_dismiss(&pump->channels, port);
}

/* ---- sweep ---- */

static void count_blocks(struct pump *pump, struct channel *channel)
{
    struct pump_channel_stats *stats = &channel->stats;

    stats->blocks_read += channel->received;
    if (channel->received < 2)
        return;
    stats->blocks_late += channel->received - 1;
    pump->stats.blocks_late += channel->received - 1;
    if (channel->received >= DRIVER_BUFFERS && !channel->fresh) {
        stats->overflows++;
        pump->stats.overflows++;
    }
    if (channel->received > 2 && !channel->fresh) { /* what was queued lasts for two blocks */
        stats->underflows += channel->received - 2;
        pump->stats.underflows += channel->received - 2;
    }
}

static void read_blocks(struct pump *pump, struct port *port, uint32_t most)
{
    struct channel *channel = &port->as.channel;
    bool drained = false;

    while (channel->received < most && !channel->failed) {
        uint8_t *block = port->blocks[channel->received];
        int got = pump->io->read(pump->io->context, channel->fd, block, PUMP_BLOCK);

        if (got > 0) {
            if (got < PUMP_BLOCK)
                memcpy(block + got, law_silence[port->law], (size_t)(PUMP_BLOCK - got));
            channel->received++;
            drained = false;
        } else if (got == EVENT_WAITS && !drained) {
            drain_events(pump, port);
            drained = true;
        } else if (got == 0 || got == -EAGAIN || got == EVENT_WAITS) {
            return;
        } else {
            fail(pump, port, got);
        }
    }
}

/* When no channel is giving blocks, time passes by ticks: players and tones go on. */
static uint32_t rounds_without_blocks(struct pump *pump, bool giving)
{
    if (giving && pump->quiet_ticks < QUIET_TICKS_MOST) {
        pump->quiet_ticks++;
        return 0;
    }
    return 1;
}

/* How a sweep goes, channel by channel. */
struct sweep {
    uint32_t blocks;
    uint32_t rounds;
    bool giving;
};

static void account(struct pump *pump, struct channel *channel, struct sweep *sweep)
{
    watch_border(pump, channel);
    count_blocks(pump, channel);
    channel->overdue = channel->late && channel->received > 1 ? 1 : 0;
    if (channel->overdue > 0)
        channel->late = false;
    sweep->blocks += channel->received;
    if (channel->received - channel->overdue > sweep->rounds)
        sweep->rounds = channel->received - channel->overdue;
    sweep->giving = sweep->giving || (!channel->fresh && !channel->failed);
}

static void ask(struct pump *pump, uint32_t index, uint32_t most, struct sweep *sweep)
{
    struct port *port = pump->channels.ports[index];
    struct channel *channel = &port->as.channel;

    channel->received = 0;
    read_blocks(pump, port, channel->fresh || channel->skipped ? BLOCKS_MOST : most);
    account(pump, channel, sweep);
}

/* The scouts are every so many'th channel from `first` on. Whether one block is all that the others have, by what these had. */
static bool ask_scouts(struct pump *pump, uint32_t first, uint32_t every, struct sweep *sweep)
{
    bool sent_word = false, more = false;

    for (uint32_t i = first; i < pump->channels.count; i += every) {
        const struct channel *channel = &pump->channels.ports[i]->as.channel;

        ask(pump, i, BLOCKS_MOST, sweep);
        sent_word = sent_word || channel->received > 0;
        more = more || channel->received > 1;
    }
    return sent_word && !more;
}

/* What reading a block of a channel touches. */
static void fetch(const struct port *port)
{
    __builtin_prefetch(&port->as.channel);
    __builtin_prefetch(port->blocks[0]);
    __builtin_prefetch(port->blocks[0] + CACHE_LINE);
    __builtin_prefetch(port->blocks[0] + PUMP_BLOCK - 1);
}

static void ask_all(struct pump *pump, struct sweep *sweep)
{
    uint32_t every = pump->channels.count < SCOUTS_EVERY ? 1 : SCOUTS_EVERY;
    uint32_t scout = (uint32_t)(pump->stats.ticks % every);
    uint32_t most = ask_scouts(pump, scout, every, sweep) ? 1 : BLOCKS_MOST;

    for (uint32_t i = 0; i < pump->channels.count; i++) {
        if (i + 2 < pump->channels.count)
            fetch(pump->channels.ports[i + 2]);
        if (i == scout)
            scout += every;
        else
            ask(pump, i, most, sweep);
    }
}

uint32_t channels_sweep(struct pump *pump, uint32_t *rounds)
{
    struct sweep sweep = {.blocks = 0};

    ask_all(pump, &sweep);
    *rounds = sweep.rounds;
    if (sweep.rounds > 0)
        pump->quiet_ticks = 0;
    else
        *rounds = rounds_without_blocks(pump, sweep.giving);
    return sweep.blocks;
}

/* ---- a round ---- */

static void say(struct pump *pump, struct port *port, uint32_t round, uint32_t rounds)
{
    struct channel *channel = &port->as.channel;
    uint32_t on_time = channel->received - channel->overdue;
    uint32_t missing = rounds - on_time; /* its blocks are the newest rounds */

    if (round >= missing) {
        source_say(&port->gives, port->blocks[channel->overdue + round - missing]);
        return;
    }
    source_say(&port->gives, NULL);
    if (!channel->fresh && !channel->failed && pump->quiet_ticks == 0) {
        channel->stats.blocks_missing++;
        pump->stats.blocks_missing++;
        channel->late = channel->late || on_time == 0;
    }
}

void channels_say(struct pump *pump, uint32_t round, uint32_t rounds)
{
    for (uint32_t i = 0; i < pump->channels.count; i++)
        say(pump, pump->channels.ports[i], round, rounds);
}

static void hear(struct port *port, const uint8_t *octets)
{
    if (port->bert != NULL)
        bert_hear(port->bert, octets);
    if (port->ears.bits != 0)
        ears_hear(port, octets);
}

/* What came too late for the mixes of its round is heard all the same. */
void channels_listen(struct pump *pump, uint32_t round)
{
    for (uint32_t i = 0; i < pump->channels.count; i++) {
        struct port *port = pump->channels.ports[i];

        if (port->ears.bits == 0 && port->bert == NULL)
            continue;
        if (round == 0 && port->as.channel.overdue > 0)
            hear(port, port->blocks[0]);
        if (port->gives.octets != NULL)
            hear(port, port->gives.octets);
    }
}

/* ---- speaking ---- */

static void send(struct pump *pump, struct port *port)
{
    struct channel *channel = &port->as.channel;
    const uint8_t *silence = law_silence[port->law];

    if (channel->held) {
        channel->fresh = false;
        return;
    }
    if (channel->fresh || channel->received > 1) {
        pump->io->flush(pump->io->context, channel->fd, FLUSH_TRANSMIT);
        write_block(pump, port, silence);
        channel->fresh = false;
    }
    if (!channel->failed)
        write_block(pump, port, port->given.octets != NULL ? port->given.octets : silence);
}

/* After a stall the older rounds are not sent any more; who records what a channel is given wants them all the same. */
void channels_speak(struct pump *pump, bool last_round)
{
    for (uint32_t i = 0; i < pump->channels.count; i++) {
        struct port *port = pump->channels.ports[i];
        bool sends = last_round && port->as.channel.received > 0 && !port->as.channel.failed;

        if (i + 3 < pump->channels.count)
            patch_fetch(&pump->channels.ports[i]);
        if (sends || port->given.out != NULL)
            source_say(&port->given, patch_mix(pump, port, port->block));
        if (sends) {
            if ((port->ears.bits & HEAR_SENT) != 0)
                ears_sent(port, port->given.octets);
            send(pump, port);
        }
    }
}
