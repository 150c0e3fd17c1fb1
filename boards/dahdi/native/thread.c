/* thread.c - the shell around pump_tick: a thread that waits for the clock and ticks.
 *
 * It asks for SCHED_FIFO and takes normal scheduling when that is not permitted. It asks for memory that is not swapped out: the
 * whole process's when that has no limit, pages as they are used; else that of ports, patches and rings. Signals are blocked in it, so they reach
 * the thread that expects them. When the clock's descriptor fails, the thread keeps time by itself: late, but alive.
 */
#define _GNU_SOURCE
#include "parts.h"

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DAHDI_TIMERACK 0x4004da30UL
#define ACKNOWLEDGE_ALL (-1)
#define BLOCK_MS 20
#define ALIGN_AFTER_MS 15 /* after a tick: leaves 5 ms before the next, more than a tick comes early */

enum woken { WOKEN_STOP, WOKEN_TICK, WOKEN_NOTHING, WOKEN_BROKEN };

/* The clock's tick is taken, so that the next wait waits for the next one. */
static bool acknowledge(struct pump *pump)
{
    uint64_t ticks;
    int all = ACKNOWLEDGE_ALL;

    if (pump->wake == PUMP_WAKE_DAHDI)
        return ioctl(pump->wake_fd, DAHDI_TIMERACK, &all) == 0;
    return read(pump->wake_fd, &ticks, sizeof(ticks)) == (ssize_t)sizeof(ticks) || errno == EAGAIN || errno == EINTR;
}

static enum woken wait_for_clock(struct pump *pump, bool broken)
{
    short wanted = pump->wake == PUMP_WAKE_DAHDI ? POLLPRI : POLLIN;
    struct pollfd waits[2] = {{.fd = pump->stop_fd, .events = POLLIN}, {.fd = broken ? -1 : pump->wake_fd, .events = wanted}};
    int ready = poll(waits, 2, broken ? BLOCK_MS : -1);

    if (ready < 0)
        return WOKEN_NOTHING; /* EINTR: nothing else can happen to valid arguments */
    if (waits[0].revents != 0)
        return WOKEN_STOP;
    if (broken)
        return WOKEN_TICK;
    if ((waits[1].revents & wanted) != 0)
        return acknowledge(pump) ? WOKEN_TICK : WOKEN_BROKEN;
    return waits[1].revents != 0 ? WOKEN_BROKEN : WOKEN_NOTHING;
}

/* Borders are moved between two ticks. Channels of other clocks than the driver's stand still between ticks: nothing to move. */
static bool align(struct pump *pump)
{
    struct pollfd wait = {.fd = pump->stop_fd, .events = POLLIN};

    if (pump->astride == 0 || pump->wake != PUMP_WAKE_DAHDI)
        return true;
    if (poll(&wait, 1, ALIGN_AFTER_MS) > 0)
        return false;
    pump_align(pump);
    return true;
}

static void *run(void *argument)
{
    struct pump *pump = argument;
    bool broken = false;

    for (;;) {
        switch (wait_for_clock(pump, broken)) {
        case WOKEN_STOP:
            return NULL;
        case WOKEN_TICK:
            pump_tick(pump);
            if (!align(pump))
                return NULL;
            break;
        case WOKEN_BROKEN:
            broken = true;
            break;
        case WOKEN_NOTHING:
            break;
        }
    }
}

/* ---- memory ---- */

/* With a limit, a locked process would fail to get memory later on: then it is not locked as a whole. */
static bool may_lock_all(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
    struct rlimit present;

    if (getrlimit(RLIMIT_MEMLOCK, &present) == 0 && present.rlim_cur == RLIM_INFINITY)
        return true;
    return syscall(SYS_capget, &header, sets) == 0 && (sets[0].effective & (1u << CAP_IPC_LOCK)) != 0;
}

static bool lock_own(const struct pump *pump)
{
    const struct pump_limits *limits = &pump->limits;

    return mlock(pump, sizeof(*pump)) == 0 && mlock(pump->ports, limits->ports * sizeof(*pump->ports)) == 0 &&
           mlock(pump->patches, limits->patches * sizeof(*pump->patches)) == 0 &&
           mlock(pump->commands, limits->commands * sizeof(*pump->commands)) == 0 &&
           mlock(pump->events, limits->events * sizeof(*pump->events)) == 0;
}

static void lock_memory(struct pump *pump)
{
    bool own = lock_own(pump);

    if (may_lock_all() && mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)
        pump->stats.locked = PUMP_LOCKED_ALL;
    else
        pump->stats.locked = own ? PUMP_LOCKED_OWN : PUMP_LOCKED_NOTHING;
}

static void unlock_memory(struct pump *pump)
{
    if (pump->stats.locked == PUMP_LOCKED_ALL)
        munlockall(); /* that which the pump had locked for itself goes with its memory */
    pump->stats.locked = PUMP_LOCKED_NOTHING;
}

/* ---- life ---- */

static int create(struct pump *pump, int priority)
{
    pthread_attr_t attributes;
    struct sched_param schedule = {.sched_priority = priority};
    int error;

    pthread_attr_init(&attributes);
    error = pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
    if (error == 0)
        error = pthread_attr_setschedpolicy(&attributes, priority > 0 ? SCHED_FIFO : SCHED_OTHER);
    if (error == 0)
        error = pthread_attr_setschedparam(&attributes, &schedule);
    if (error == 0) {
        pump->stats.realtime = priority > 0;
        error = pthread_create(&pump->thread, &attributes, run, pump);
    }
    pthread_attr_destroy(&attributes);
    return error;
}

static int create_quietly(struct pump *pump, int priority)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = create(pump, priority);
    if (error == EPERM && priority > 0)
        error = create(pump, 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

int pump_start(struct pump *pump, int wake_fd, int wake, int event_fd, int priority)
{
    int error;

    if (pump->running)
        return -EBUSY;
    if (wake_fd < 0 || event_fd < 0 || (wake != PUMP_WAKE_COUNTER && wake != PUMP_WAKE_DAHDI))
        return -EINVAL;
    if (priority < 0 || priority > sched_get_priority_max(SCHED_FIFO))
        return -EINVAL;
    pump->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pump->stop_fd < 0)
        return -errno;
    pump->wake_fd = wake_fd;
    pump->wake = wake;
    pump->event_fd = event_fd;
    if (priority > 0)
        lock_memory(pump);
    error = create_quietly(pump, priority);
    if (error != 0) {
        close(pump->stop_fd);
        unlock_memory(pump);
        pump->event_fd = -1;
        pump->stats.realtime = 0;
        return -error;
    }
    pthread_setname_np(pump->thread, "pump");
    pump->running = true;
    return 0;
}

int pump_stop(struct pump *pump)
{
    const uint64_t one = 1;

    if (!pump->running)
        return -EINVAL;
    if (write(pump->stop_fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
        return -errno;
    pthread_join(pump->thread, NULL);
    close(pump->stop_fd);
    unlock_memory(pump);
    pump->event_fd = -1;
    pump->running = false;
    return 0;
}
