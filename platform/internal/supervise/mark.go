package supervise

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"twinstack.dev/platform/internal/proc"
)

// The marks in the environment of every daemon. What a daemon starts inherits them.
const (
	markName    = "TWINSTACK_DAEMON"
	markRecords = "TWINSTACK_RECORDS"
)

// MarkChildren makes the programs that the caller starts from now on carry the mark, under a name of its own: should
// the caller be killed, they are found by it. The caller itself isn't marked.
func (s *Supervisor) MarkChildren(name string) error {
	return errors.Join(os.Setenv(markName, name), os.Setenv(markRecords, s.records))
}

// Marked is a process that is a daemon of this supervisor, or that one of them started.
type Marked struct {
	proc.Process
	// Daemon is the daemon's name.
	Daemon string
	// Leader tells the daemon itself from what it started: only the daemon leads the session.
	Leader bool
}

// Marked lists all processes that carry the mark of this supervisor's daemons.
func (s *Supervisor) Marked() ([]Marked, error) {
	processes, err := proc.List()
	if err != nil {
		return nil, err
	}
	var marked []Marked
	for _, process := range processes {
		name := proc.Environment(process.PID, markName)
		if name == "" || process.Gone() || proc.Environment(process.PID, markRecords) != s.records {
			continue
		}
		session, err := unix.Getsid(process.PID)
		marked = append(marked, Marked{Process: process, Daemon: name, Leader: err == nil && session == process.PID})
	}
	return marked, nil
}
