/* tap.c - recorder taps: two sinks that are written side by side into a ring of frames.
 *
 * The pump writes, one other thread reads; each owns one counter. What finds the ring full is lost and counted.
 *
 * A ring holds many seconds for the day when the disk hangs. Mostly the reader is less than a second behind, and going round the
 * whole ring would touch all of its memory for nothing. So whenever everything is read, the pump begins again at the ring's beginning: it
 * moves the origin. The reader sees that with the frames written afterwards, and while frames wait the origin stays where it is.
 */
#include "parts.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int tap_open(struct pump *pump, struct port *left, struct port *right, const struct pump_command *command)
{
    struct pump_tap *tap = (struct pump_tap *)command->data;

    if (left->role != ROLE_FREE || right->role != ROLE_FREE)
        return -EBUSY;
    if (tap == NULL || tap->frames == NULL || tap->capacity < PUMP_BLOCK || (tap->capacity & (tap->capacity - 1)) != 0)
        return -EINVAL;
    port_employ(&pump->taps, left, ROLE_TAP);
    left->serial = command->serial;
    left->as.recording = (struct recording){.tap = tap};
    right->role = ROLE_TAP_RIGHT;
    right->ended = false;
    patch_shape(left, PUMP_LAW_A, 0, 0);
    patch_shape(right, PUMP_LAW_A, 0, 0);
    return 0;
}

void tap_end(struct pump *pump, struct port *left)
{
    pump->taps_ending++;
    left->ended = true;
    left->result = 0;
}

static void tell_loss(struct pump *pump, struct port *left, uint64_t lost)
{
    struct recording *recording = &left->as.recording;
    uint64_t now = pump_samples(pump);
    struct pump_event event;

    if (recording->losing && now - recording->told < SAMPLE_RATE_HZ)
        return;
    event = event_at(pump, PUMP_TAP_LOST, left->number, 0);
    event.played = lost;
    if (event_push(pump, &event)) {
        recording->losing = true;
        recording->told = now;
    }
}

static const uint8_t *track(struct pump *pump, struct port *sink)
{
    const uint8_t *octets = patch_mix(pump, sink, sink->block);

    return octets != NULL ? octets : law_silence[PUMP_LAW_A];
}

static void record(struct pump *pump, struct port *left)
{
    struct pump_tap *tap = left->as.recording.tap;
    const uint8_t *left_track = track(pump, left), *right_track = track(pump, left + 1);
    uint64_t written = tap->written; /* ours alone */
    uint64_t waiting = written - __atomic_load_n(&tap->read, __ATOMIC_ACQUIRE);
    uint64_t room = tap->capacity - waiting;
    uint64_t count = room < PUMP_BLOCK ? room : PUMP_BLOCK;
    uint64_t place, first;

    if (waiting == 0)
        tap->origin = written;
    place = (written - tap->origin) & (tap->capacity - 1);
    first = count < tap->capacity - place ? count : tap->capacity - place;
    block_interleave(left_track, right_track, tap->frames + place * 2, first);
    block_interleave(left_track + first, right_track + first, tap->frames, count - first);
    __atomic_store_n(&tap->written, written + count, __ATOMIC_RELEASE);
    if (count < PUMP_BLOCK) {
        uint64_t lost = tap->lost + PUMP_BLOCK - count;

        __atomic_store_n(&tap->lost, lost, __ATOMIC_RELEASE);
        tell_loss(pump, left, lost);
    } else {
        left->as.recording.losing = false;
    }
}

void taps_record(struct pump *pump)
{
    for (uint32_t i = 0; i < pump->taps.count; i++)
        if (!pump->taps.ports[i]->ended)
            record(pump, pump->taps.ports[i]);
}

void taps_reap(struct pump *pump)
{
    for (uint32_t i = pump->taps.count; i > 0 && pump->taps_ending > 0; i--) {
        struct port *left = pump->taps.ports[i - 1];
        struct pump_event done;

        if (!left->ended)
            continue;
        patch_break_all(pump, left);
        patch_break_all(pump, left + 1);
        __atomic_store_n(&left->as.recording.tap->closed, 1, __ATOMIC_RELEASE);
        done = event_at(pump, PUMP_DONE, left->number, left->result);
        done.serial = left->serial;
        done.played = left->as.recording.tap->written;
        if (left->serial != 0 && !event_push_vital(pump, &done))
            continue;
        pump->taps_ending--;
        left[1].role = ROLE_FREE;
        port_dismiss(&pump->taps, left);
    }
}

void taps_abandon(struct pump *pump)
{
    for (uint32_t i = 0; i < pump->taps.count; i++)
        __atomic_store_n(&pump->taps.ports[i]->as.recording.tap->closed, 1, __ATOMIC_RELEASE);
}

/* ---- the reader ---- */

/* Frames that wait and lie side by side in the ring, at most `most`; *octets becomes where. */
static uint64_t next_piece(const struct pump_tap *tap, uint64_t most, const uint8_t **octets)
{
    uint64_t read = tap->read; /* the reader's alone */
    uint64_t waiting = __atomic_load_n(&tap->written, __ATOMIC_ACQUIRE) - read;
    uint64_t count = waiting < most ? waiting : most, place;

    if (count == 0) /* the origin may be moving */
        return 0;
    place = (read - tap->origin) & (tap->capacity - 1);
    *octets = tap->frames + place * 2;
    return count < tap->capacity - place ? count : tap->capacity - place;
}

static void advance(struct pump_tap *tap, uint64_t count)
{
    __atomic_store_n(&tap->read, tap->read + count, __ATOMIC_RELEASE);
}

uint64_t pump_tap_read(struct pump_tap *tap, uint8_t *octets, uint64_t most)
{
    const uint8_t *piece;
    uint64_t done = 0, count;

    while ((count = next_piece(tap, most - done, &piece)) > 0) {
        memcpy(octets + done * 2, piece, count * 2);
        advance(tap, count);
        done += count;
    }
    return done;
}

/* Everything, however small the pieces that the disk takes. */
static int write_out(int fd, const uint8_t *octets, uint64_t count)
{
    while (count > 0) {
        ssize_t put = write(fd, octets, count);

        if (put > 0) {
            octets += put;
            count -= (uint64_t)put;
        } else if (put == 0 || errno != EINTR) {
            return put == 0 ? -EIO : -errno;
        }
    }
    return 0;
}

static int64_t tap_write(struct pump_tap *tap, int fd)
{
    const uint8_t *piece;
    uint64_t done = 0, count;

    while (done < tap->capacity && (count = next_piece(tap, tap->capacity, &piece)) > 0) {
        int result = write_out(fd, piece, count * 2);

        if (result < 0)
            return result;
        advance(tap, count);
        done += count;
    }
    return (int64_t)done;
}

void pump_taps_write(struct pump_tap *const *taps, const int *fds, int64_t *results, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        results[i] = tap_write(taps[i], fds[i]);
}
