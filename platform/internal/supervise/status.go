package supervise

import (
	"slices"
	"time"
)

// Status is what can be said about a daemon.
type Status struct {
	Name string
	// PID is 0 for one that doesn't run.
	PID int
	// Since is for how long it has been running.
	Since time.Duration
	// Log is the path of its log.
	Log string
}

// Status tells about every daemon that was started and not stopped since, by name.
func (s *Supervisor) Status() ([]Status, error) {
	names, err := s.Names()
	if err != nil {
		return nil, err
	}
	var all []Status
	for _, name := range names {
		status := Status{Name: name, Log: s.LogFile(name)}
		process, running, err := s.find(name)
		if err != nil {
			return nil, err
		}
		if running {
			status.PID = process.PID
			if status.Since, err = process.Age(); err != nil {
				return nil, err
			}
		}
		all = append(all, status)
	}
	return all, nil
}

// Runs reports whether a daemon runs.
func (s *Supervisor) Runs(name string) (bool, error) {
	_, running, err := s.find(name)
	return running, err
}

// Names lists the daemons that have a record or a running process, in order.
func (s *Supervisor) Names() ([]string, error) {
	names, err := s.recorded()
	if err != nil {
		return nil, err
	}
	marked, err := s.Marked()
	if err != nil {
		return nil, err
	}
	for _, process := range marked {
		if process.Leader {
			names = append(names, process.Daemon)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
