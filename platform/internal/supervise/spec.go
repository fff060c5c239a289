// Package supervise starts daemons that outlive the program, finds them again for certain, and ends them.
//
// A daemon is found by its record: a file with its process id and start time, written before the daemon starts and
// completed after. Every daemon also carries its name in its environment, so that one whose record was never completed,
// because the program was killed in between, is found all the same.
package supervise

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

const (
	defaultReadyTimeout = 60 * time.Second
	defaultStopTimeout  = 10 * time.Second
)

// Probe asks a daemon whether it is ready; the error says why it isn't. The context ends after a few seconds.
type Probe func(ctx context.Context) error

// Spec says how a daemon runs.
type Spec struct {
	// Name is unique on the machine, such as "a-etcd"; its log has the same name.
	Name string
	// Command is the absolute path of the program and its arguments. Secrets don't belong in it.
	Command []string
	// Environment holds NAME=value entries; PATH (SystemPath) and HOME are there unless it names them.
	Environment []string
	// Directory is the working directory.
	// @default "/"
	Directory string
	// Netns is the path of the network namespace to run in.
	// @default the one the caller is in
	Netns string
	// ConfigFiles are files the daemon reads once: a change of their content restarts it.
	ConfigFiles []string
	// Ready tells whether the daemon can be used.
	// @default ready once started
	Ready Probe
	// ReadyTimeout is how long it may take to get ready.
	// @default 60 seconds
	ReadyTimeout time.Duration
	// StopTimeout is how long it may take to end when asked to, before it is killed.
	// @default 10 seconds
	StopTimeout time.Duration
}

// hash changes whenever a running daemon would have to be restarted to be what the spec says.
func (s Spec) hash() (string, error) {
	files := map[string]string{}
	for _, name := range s.ConfigFiles {
		content, err := os.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("configuration of %s: %w", s.Name, err)
		}
		files[name] = string(content)
	}
	text, err := json.Marshal([]any{s.Command, s.Environment, s.Directory, s.Netns, files})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

func (s Spec) readyTimeout() time.Duration {
	if s.ReadyTimeout == 0 {
		return defaultReadyTimeout
	}
	return s.ReadyTimeout
}

func (s Spec) stopTimeout() time.Duration {
	if s.StopTimeout == 0 {
		return defaultStopTimeout
	}
	return s.StopTimeout
}
