package supervise

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"twinstack.dev/platform/internal/proc"
)

// Record is what is kept about a daemon on disk. PID 0 means: about to be started.
type Record struct {
	Name        string        `json:"name"`
	PID         int           `json:"pid"`
	StartTime   uint64        `json:"startTime"`
	Program     string        `json:"program"`
	Hash        string        `json:"hash"`
	Started     time.Time     `json:"started"`
	StopTimeout time.Duration `json:"stopTimeout"`
}

func (s *Supervisor) recordFile(name string) string {
	return filepath.Join(s.records, name+".json")
}

// read returns the record of a daemon, and false without one. One that is damaged counts as none: the daemon's mark
// still leads to it.
func (s *Supervisor) read(name string) (Record, bool, error) {
	text, err := os.ReadFile(s.recordFile(name))
	if errors.Is(err, fs.ErrNotExist) {
		return Record{}, false, nil
	}
	if err != nil {
		return Record{}, false, err
	}
	var record Record
	if err := json.Unmarshal(text, &record); err != nil {
		return Record{}, false, nil
	}
	return record, true, nil
}

// write replaces a record in one step: a reader sees the old one or the new one.
func (s *Supervisor) write(record Record) error {
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	temporary := s.recordFile(record.Name) + ".new"
	if err := os.WriteFile(temporary, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, s.recordFile(record.Name))
}

// recorded lists the names that have a record.
func (s *Supervisor) recorded() ([]string, error) {
	entries, err := os.ReadDir(s.records)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if name, found := strings.CutSuffix(entry.Name(), ".json"); found {
			names = append(names, name)
		}
	}
	return names, nil
}

// find returns the running process of a daemon: by its record, and by its mark when the record doesn't lead to it.
func (s *Supervisor) find(name string) (proc.Process, bool, error) {
	record, found, err := s.read(name)
	if err != nil {
		return proc.Process{}, false, err
	}
	if found && record.PID != 0 {
		process, err := proc.Read(record.PID)
		if err == nil && process.StartTime == record.StartTime && !process.Gone() {
			return process, true, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return proc.Process{}, false, err
		}
	}
	marked, err := s.Marked()
	if err != nil {
		return proc.Process{}, false, err
	}
	for _, candidate := range marked {
		if candidate.Daemon == name && candidate.Leader {
			return candidate.Process, true, nil
		}
	}
	return proc.Process{}, false, nil
}
