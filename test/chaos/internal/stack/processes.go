package stack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Program is a process of the stack: the pod whose name begins with Pod, and the command's name in it.
type Program struct{ Pod, Command string }

// Programs of the stack; those with a region's name in their pod's are told by it.
func Database(region string) Program { return Program{"database-" + region + "-", "mysqld"} }

// Guard is the parent of the database's process.
func Guard(region string) Program { return Program{"database-" + region + "-", "steward"} }

// Voter is the site's voter.
func Voter(site string) Program { return Program{"quorum-" + site + "-", "etcd"} }

// StewardProcess is what decides.
var StewardProcess = Program{"steward-", "service"}

type pod struct {
	Metadata struct{ Name string } `json:"metadata"`
	Status   struct {
		ContainerStatuses []struct {
			ContainerID string `json:"containerID"`
		} `json:"containerStatuses"`
	} `json:"status"`
}

// Process finds the one process on this machine that is a program of a site: by the ids of its pod's containers in
// the processes' cgroups, never by name on the machine at large.
func (s Stack) Process(ctx context.Context, site string, program Program) (*os.Process, error) {
	var pods struct{ Items []pod }
	if err := s.kubectlJSON(ctx, site, &pods, "get", "pods"); err != nil {
		return nil, err
	}
	var containers []string
	for _, p := range pods.Items {
		if !strings.HasPrefix(p.Metadata.Name, program.Pod) {
			continue
		}
		for _, c := range p.Status.ContainerStatuses {
			if _, id, found := strings.Cut(c.ContainerID, "://"); found {
				containers = append(containers, id)
			}
		}
	}
	found, err := inContainers(containers, program.Command)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%s of pod %s in site %s has %d processes; must be one: wait until the stack is healthy",
			program.Command, program.Pod, site, len(found))
	}
	return os.FindProcess(found[0])
}

func inContainers(containers []string, command string) ([]int, error) {
	entries, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	var found []int
	for _, entry := range entries {
		inside, err := belongs(entry, containers, command)
		if err != nil {
			return nil, err
		}
		if inside {
			id, err := strconv.Atoi(filepath.Base(entry))
			if err != nil {
				return nil, err
			}
			found = append(found, id)
		}
	}
	return found, nil
}

// belongs tells whether a process runs a command in one of the containers. One that has ended meanwhile does not.
func belongs(entry string, containers []string, command string) (bool, error) {
	name, err := os.ReadFile(filepath.Join(entry, "comm"))
	if ended(err) {
		return false, nil
	}
	if err != nil || strings.TrimSpace(string(name)) != command {
		return false, err
	}
	file, err := os.Open(filepath.Join(entry, "cgroup"))
	if ended(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		for _, id := range containers {
			if strings.Contains(lines.Text(), id) {
				return true, nil
			}
		}
	}
	if err := lines.Err(); !ended(err) {
		return false, err
	}
	return false, nil
}

func ended(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || err != nil && strings.Contains(err.Error(), "no such process")
}
