package lease

import (
	"time"

	"golang.org/x/sys/unix"
)

// Clock tells the time since this machine started, the time it was suspended included: a lease also runs out while its
// holder sleeps, which Go's own monotonic clock does not count. Setting the wall clock does not move it.
func Clock() time.Duration {
	var now unix.Timespec
	// The clock exists since Linux 2.6.39, and the pointer is good: there is nothing else that can fail.
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &now)
	return time.Duration(now.Nano())
}
