// Package proc reads what the kernel tells about processes in /proc.
package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is USER_HZ, which Linux fixes at 100 for /proc on every architecture Go runs on.
const ticksPerSecond = 100

// Process is one process. PID and StartTime together name it for certain until the next boot.
type Process struct {
	PID    int `json:"pid"`
	Parent int `json:"parent"`
	// StartTime is in clock ticks since boot.
	StartTime uint64 `json:"startTime"`
	// State is the kernel's letter: R, S, D, T, Z, ...
	State string `json:"state"`
	// Name is the kernel's short name of the program.
	Name string `json:"name"`
}

// Gone reports whether the process has ended, whether or not its parent has asked for its exit code.
func (p Process) Gone() bool { return p.State == "Z" || p.State == "X" }

// Age is how long the process has been running.
func (p Process) Age() (time.Duration, error) {
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), " ")
	uptime, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0, fmt.Errorf("/proc/uptime is %q: %w", text, err)
	}
	started := float64(p.StartTime) / ticksPerSecond
	return time.Duration((uptime - started) * float64(time.Second)), nil
}

// Read tells about one process; the error is fs.ErrNotExist when there is none.
func Read(pid int) (Process, error) {
	text, err := os.ReadFile(file(pid, "stat"))
	if err != nil {
		return Process{}, notExist(err)
	}
	return parseStat(text)
}

// List tells about every process of the machine.
func List() ([]Process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var processes []Process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		process, err := Read(pid)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		processes = append(processes, process)
	}
	return processes, nil
}

// parseStat reads /proc/<pid>/stat. The name in it is in parentheses and may itself hold blanks and parentheses.
func parseStat(text []byte) (Process, error) {
	opening, closing := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if opening < 0 || closing < opening {
		return Process{}, fmt.Errorf("/proc/<pid>/stat is %q; must have a name in parentheses", text)
	}
	// Fields from the third one on, so that proc(5)'s field n is fields[n-3].
	fields := strings.Fields(string(text[closing+1:]))
	if len(fields) < 20 {
		return Process{}, fmt.Errorf("/proc/<pid>/stat is %q; must have at least 22 fields", text)
	}
	pid, errPID := strconv.Atoi(strings.TrimSpace(string(text[:opening])))
	parent, errParent := strconv.Atoi(fields[1])
	start, errStart := strconv.ParseUint(fields[19], 10, 64)
	if err := errors.Join(errPID, errParent, errStart); err != nil {
		return Process{}, fmt.Errorf("/proc/<pid>/stat is %q: %w", text, err)
	}
	return Process{PID: pid, Parent: parent, StartTime: start, State: fields[0], Name: string(text[opening+1 : closing])}, nil
}

// Environment is the value of a variable in the environment the process was started with, or "" without it.
func Environment(pid int, name string) string {
	text, err := os.ReadFile(file(pid, "environ"))
	if err != nil {
		return ""
	}
	return lookup(text, name)
}

func lookup(environment []byte, name string) string {
	for _, entry := range bytes.Split(environment, []byte{0}) {
		if value, found := bytes.CutPrefix(entry, []byte(name+"=")); found {
			return string(value)
		}
	}
	return ""
}

// Executable is the path of the program the process runs, or "" for kernel threads.
func Executable(pid int) string {
	path, err := os.Readlink(file(pid, "exe"))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(path, " (deleted)")
}

// NetNamespace names the network namespace of a process, such as "net:[4026531840]".
func NetNamespace(pid int) string {
	name, err := os.Readlink(file(pid, filepath.Join("ns", "net")))
	if err != nil {
		return ""
	}
	return name
}

// Ancestors are the processes above pid, nearest first.
func Ancestors(pid int) []int {
	var above []int
	for {
		process, err := Read(pid)
		if err != nil || process.Parent <= 0 || slices.Contains(above, process.Parent) {
			return above
		}
		above = append(above, process.Parent)
		pid = process.Parent
	}
}

func file(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}

// notExist makes one error of the two ways in which /proc says that a process has just gone.
func notExist(err error) error {
	if errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "no such process") {
		return fs.ErrNotExist
	}
	return err
}
