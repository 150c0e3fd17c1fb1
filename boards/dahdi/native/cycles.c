/* cycles.c - see cycles.h. */
#define _GNU_SOURCE
#include "cycles.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

int cycles_open(int32_t thread, int32_t user_only)
{
    struct perf_event_attr asked = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof(asked),
        .config = PERF_COUNT_HW_CPU_CYCLES,
        .exclude_kernel = user_only != 0,
        .exclude_hv = 1,
    };
    long fd = syscall(SYS_perf_event_open, &asked, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);

    return fd < 0 ? -errno : (int)fd;
}
