package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	releaseTimeout  = 10 * time.Second
	releaseInterval = 20 * time.Millisecond
)

// Loops maps the loop devices in use, such as loop0, to the files they have.
func Loops() (map[string]string, error) {
	files, err := filepath.Glob("/sys/block/loop*/loop/backing_file")
	if err != nil {
		return nil, err
	}
	loops := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		// It goes with the device's use, and may do so between two looks.
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		device := filepath.Base(filepath.Dir(filepath.Dir(file)))
		loops[device] = strings.TrimSuffix(strings.TrimSpace(string(text)), " (deleted)")
	}
	return loops, nil
}

// AwaitRelease waits until no loop device has a file below a folder. The kernel frees a device a moment after the end
// of the last process in the mount namespace that its volume was mounted in.
func AwaitRelease(ctx context.Context, folder string) error {
	for begin := time.Now(); ; {
		device, file, err := below(folder)
		if err != nil || device == "" {
			return err
		}
		if time.Since(begin) > releaseTimeout {
			return fmt.Errorf("/dev/%s still has %s after %s; find who has it mounted with: grep -l %s /proc/*/mounts",
				device, file, releaseTimeout, device)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(releaseInterval):
		}
	}
}

// below is one loop device that has a file below a folder, and its file.
func below(folder string) (device, file string, err error) {
	loops, err := Loops()
	for device, file := range loops {
		if strings.HasPrefix(file, folder+"/") {
			return device, file, nil
		}
	}
	return "", "", err
}
