/* io_kernel.c - the pump's channels as the DAHDI driver offers them: the plain system calls, with errno as a negative result.
 *
 * The library's read and write prepare for the thread to be cancelled in them, with two atomic operations each time. Nobody cancels the
 * pump's, so the two calls that every block needs are made without that.
 */
#define _GNU_SOURCE
#include "parts.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DAHDI_GETEVENT 0x8004da08UL
#define DAHDI_FLUSH 0x4004da03UL

static int kernel_read(void *context, int fd, uint8_t *octets, size_t count)
{
    long got = syscall(SYS_read, fd, octets, count);

    (void)context;
    return got < 0 ? -errno : (int)got;
}

static int kernel_write(void *context, int fd, const uint8_t *octets, size_t count)
{
    long put = syscall(SYS_write, fd, octets, count);

    (void)context;
    return put < 0 ? -errno : (int)put;
}

static int kernel_next_event(void *context, int fd)
{
    int event = 0;

    (void)context;
    return ioctl(fd, DAHDI_GETEVENT, &event) < 0 ? -errno : event;
}

static int kernel_flush(void *context, int fd, int what)
{
    (void)context;
    return ioctl(fd, DAHDI_FLUSH, &what) < 0 ? -errno : 0;
}

static int kernel_close(void *context, int fd)
{
    (void)context;
    return close(fd) < 0 ? -errno : 0;
}

static const struct pump_io kernel = {NULL, kernel_read, kernel_write, kernel_next_event, kernel_flush, kernel_close};

const struct pump_io *pump_io_kernel(void)
{
    return &kernel;
}
