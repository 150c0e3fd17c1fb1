/* pri_parts.h - what the C files of the PRI shim share. Nobody else includes it. */
#ifndef STROWGER_PRI_PARTS_H
#define STROWGER_PRI_PARTS_H

#include <libpri.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "pri_shim.h"

#define FCS_OCTETS 2

struct queue {
    int first, waiting;
    uint16_t octets[PRI_SHIM_FRAMES];
    uint8_t frames[PRI_SHIM_FRAMES][PRI_SHIM_FRAME_MOST];
};

/* One call as the border names it. A slot is taken as long as `call` is set; the record itself may be freed before its end was told. */
struct slot {
    q931_call *call;
    uint32_t generation;
    int32_t cause; /* that we gave, or -1 */
    int32_t channel;
    int reference; /* without its flag; of a call of ours known from its answer on, before that 0 */
    bool incoming;
    bool offered; /* came, and nothing was answered yet */
    bool complete;
    bool hung_up;
    bool gone; /* libpri freed the record */
    bool pressed; /* hung up once more, because its end did not come */
    int64_t due_us; /* by when its end must have come, once we hung up; else 0 */
};

/* A block that libpri allocated lies behind this, in its D channel's ring of them. */
struct block {
    struct block *before, *after;
    struct pri_shim *owner;
    size_t octets;
};

struct pri_shim {
    struct pri *pri;
    int64_t now_us;
    uint64_t chance;
    int options;
    struct block blocks; /* the ring's head */
    void *born; /* the call record that the frame in hand made */
    uint32_t slot_tried;
    struct slot slots[PRI_SHIM_CALLS];
    struct queue received, sending;
    int message_first, messages_waiting;
    char messages[PRI_SHIM_MESSAGES][PRI_SHIM_MESSAGE_MOST];
    struct pri_shim_counters counters;
};

/* pri_memory.c: between enter and leave, libpri's memory, time and chance are this D channel's. */
void pri_enter(struct pri_shim *shim, int64_t now_us);
void pri_leave(void);
void pri_blocks_begin(struct pri_shim *shim);
void pri_blocks_free(struct pri_shim *shim);
size_t pri_block_octets(const void *memory);
void pri_call_size(size_t octets);
struct pri_shim *pri_entered(void);

/* pri_calls.c */
struct slot *pri_slot(struct pri_shim *shim, uint32_t call);
bool pri_end_is_due(struct pri_shim *shim, uint32_t call); /* it is over, and that was not told yet */
struct slot *pri_slot_of(struct pri_shim *shim, const void *call, bool gone);
struct slot *pri_adopt(struct pri_shim *shim, q931_call *call);
void pri_forget(struct slot *slot);
uint32_t pri_handle(const struct pri_shim *shim, const struct slot *slot);
bool pri_any_gone(const struct pri_shim *shim);
void pri_record_freed(struct pri_shim *shim, const void *record);
int pri_hang_up(struct pri_shim *shim, struct slot *slot, int channel, int cause);
void pri_answer_offers(struct pri_shim *shim, int reference);
bool pri_is_heard_out(const struct pri_shim *shim, int reference, bool ours);
void pri_press_endings(struct pri_shim *shim);
int64_t pri_endings_due_us(const struct pri_shim *shim);

/* pri_events.c: false when the event is nobody's */
bool pri_copy_event(struct pri_shim *shim, pri_event *from, struct pri_shim_event *to);
bool pri_report_gone(struct pri_shim *shim, struct pri_shim_event *to);

#endif
