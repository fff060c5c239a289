package supervise

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"twinstack.dev/platform/internal/proc"
)

// maxLog is the size from which on a log is set aside when its daemon starts.
const maxLog = 8 << 20

// SystemPath is the PATH of daemons: a person's own must not change how they run.
const SystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Outcome says what Ensure had to do.
type Outcome string

// What Ensure can have done.
const (
	Running   Outcome = "running"
	Started   Outcome = "started"
	Restarted Outcome = "restarted"
)

// Supervisor keeps the daemons of one platform.
type Supervisor struct {
	records, logs string
}

// New returns the supervisor that keeps records and logs in these folders, which are created when needed.
func New(records, logs string) *Supervisor {
	return &Supervisor{records: records, logs: logs}
}

// LogFile is where a daemon's output goes.
func (s *Supervisor) LogFile(name string) string { return filepath.Join(s.logs, name+".log") }

// Ensure makes sure that a daemon runs as its spec says and is ready. One that runs otherwise, or that doesn't get
// ready in time, is started anew.
func (s *Supervisor) Ensure(ctx context.Context, spec Spec) (Outcome, error) {
	hash, err := spec.hash()
	if err != nil {
		return "", err
	}
	process, running, err := s.find(spec.Name)
	if err != nil {
		return "", err
	}
	if !running {
		return Started, s.start(ctx, spec, hash)
	}
	record, found, err := s.read(spec.Name)
	if err != nil {
		return "", err
	}
	if found && record.Hash == hash && record.PID == process.PID {
		if err := s.awaitReady(ctx, spec, process); err == nil || ctx.Err() != nil {
			return Running, err
		}
	}
	if err := proc.End(ctx, process, spec.stopTimeout()); err != nil {
		return "", err
	}
	return Restarted, s.start(ctx, spec, hash)
}

// start starts the daemon and waits until it is ready. It leaves a record at every moment from which the daemon, or
// the intent to start it, can be found.
func (s *Supervisor) start(ctx context.Context, spec Spec, hash string) error {
	for _, folder := range []string{s.records, s.logs} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
	}
	record := Record{Name: spec.Name, Program: spec.Command[0], Hash: hash, Started: time.Now(), StopTimeout: spec.stopTimeout()}
	if err := s.write(record); err != nil {
		return err
	}
	pid, err := s.launch(spec)
	if err != nil {
		return fmt.Errorf("start %s: %w", spec.Name, err)
	}
	process, err := proc.Read(pid)
	if err != nil {
		return s.failure(spec, "ended as soon as it started", "")
	}
	record.PID, record.StartTime = process.PID, process.StartTime
	if err := s.write(record); err != nil {
		return err
	}
	return s.awaitReady(ctx, spec, process)
}

// launch starts the process in a session of its own and returns its id.
func (s *Supervisor) launch(spec Spec) (int, error) {
	log, err := s.openLog(spec.Name)
	if err != nil {
		return 0, err
	}
	defer log.Close()
	command := spec.Command
	if spec.Netns != "" {
		// Not `ip netns exec`: that mounts /sys anew, which hides the cgroups.
		command = append([]string{"nsenter", "--net=" + spec.Netns, "--"}, command...)
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = "/"
	if spec.Directory != "" {
		cmd.Dir = spec.Directory
	}
	cmd.Env = slices.Concat(
		[]string{"PATH=" + SystemPath, "HOME=" + os.Getenv("HOME")}, spec.Environment,
		[]string{markName + "=" + spec.Name, markRecords + "=" + s.records})
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	// The daemon outlives this program; while both live, its exit code has to be taken.
	go func() { _ = cmd.Wait() }()
	return cmd.Process.Pid, nil
}

// openLog opens a daemon's log at its end, after setting aside one that has grown large.
func (s *Supervisor) openLog(name string) (*os.File, error) {
	if info, err := os.Stat(s.LogFile(name)); err == nil && info.Size() > maxLog {
		if err := os.Rename(s.LogFile(name), s.LogFile(name)+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(s.LogFile(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// Stop ends a daemon and removes its record. One that doesn't run is no error.
func (s *Supervisor) Stop(ctx context.Context, name string) error {
	record, found, err := s.read(name)
	if err != nil {
		return err
	}
	patience := defaultStopTimeout
	if found {
		patience = record.StopTimeout
	}
	process, running, err := s.find(name)
	if err != nil {
		return err
	}
	if running {
		if err := proc.End(ctx, process, patience); err != nil {
			return fmt.Errorf("stop %s: %w", name, err)
		}
	}
	if err := os.Remove(s.recordFile(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
