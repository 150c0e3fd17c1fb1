/* wire.h - the simulated driver's buffers: a wire of memory rings a channel, with the rules of the real driver.
 *
 * On its channel side a wire behaves as a DAHDI channel does for read, write and events: block-latched reads of one
 * buffer at most whose unread tail is thrown away, new audio dropped in silence when every read buffer is full, errno 500
 * before data while an event waits, a queue of 63 events that loses new ones in silence, transmit policies, an idle octet when
 * nothing was written. On its line side the simulator exchanges audio and raises events. A mutex a wire lets the pump thread
 * and the simulator's thread meet. Failures are negative errno values.
 */
#ifndef STROWGER_WIRE_H
#define STROWGER_WIRE_H
#include <stddef.h>
#include <stdint.h>
#include "pump.h"

#define WIRE_EVENTS 63
#define WIRE_BUFFER_MOST 8192
#define WIRE_BUFFERS_TOTAL 32768

struct wires;

struct wires *wires_new(uint32_t count, int32_t first_fd); /* wires have the descriptors first_fd ... first_fd + count - 1 */
void wires_free(struct wires *wires);
const struct pump_io *wires_io(struct wires *wires); /* what the pump is given */

/* channel side: what open, ioctl, read, write and close of the driver do to the buffers */
int wire_open(struct wires *wires, int fd, uint8_t idle);  /* fresh state: block 1024, 2 buffers, IMMEDIATE, no events; -EBUSY when open */
int wire_is_open(struct wires *wires, int fd);
uint64_t wires_closings(struct wires *wires); /* how often a wire was closed: nothing to look at when it stands still */
int wire_configure(struct wires *wires, int fd, int block, int buffers, int policy); /* empties both ways; -EINVAL out of limits */
int wire_read(struct wires *wires, int fd, uint8_t *octets, size_t count);   /* -500 event waits, -EAGAIN nothing, -ENODEV unplugged */
int wire_write(struct wires *wires, int fd, const uint8_t *octets, size_t count);
int wire_next_event(struct wires *wires, int fd);                              /* 0: none */
int wire_flush(struct wires *wires, int fd, int what);                         /* 1 received, 2 to transmit, 4 events */
int wire_start(struct wires *wires, int fd);                                   /* transmit although more was to be waited for; 1: nothing is left */
int wire_poll(struct wires *wires, int fd);                                    /* POLLIN, POLLOUT, POLLPRI, POLLERR|POLLHUP bits */
int wire_close(struct wires *wires, int fd);

/* line side */
int wire_raise(struct wires *wires, int fd, int event);  /* 1 queued, 0 lost because 63 wait or the channel is closed */
int wire_exchange(struct wires *wires, int fd, const uint8_t *from_line, uint8_t *to_line, size_t count); /* count samples of line time;
     * a direction whose pointer is NULL stands still: a far end that must hear before it can answer asks for one after the other */
int wire_set_idle(struct wires *wires, int fd, uint8_t idle); /* octet sent when nothing was written */
int wire_set_written(struct wires *wires, int fd);            /* 1 if anything was written since the last call: a write cancels kernel tones */
int wire_unplug(struct wires *wires, int fd);                 /* from now on read and write give -ENODEV */

struct wire_counters {
    uint64_t overflowed; /* received samples dropped because every buffer was full */
    uint64_t underrun;   /* samples of idle sent while the channel was open */
    uint64_t events_lost;
};
int wire_counters(struct wires *wires, int fd, struct wire_counters *counters);

#endif
