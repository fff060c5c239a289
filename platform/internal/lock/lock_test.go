package lock

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestTake(t *testing.T) {
	folder := t.TempDir()
	release, err := Take(folder)
	if err != nil {
		t.Fatal(err)
	}
	var held Held
	if _, err := Take(folder); !errors.As(err, &held) || held.PID != os.Getpid() ||
		!strings.Contains(err.Error(), "process "+strconv.Itoa(os.Getpid())) {
		t.Errorf("the second time: %v", err)
	}
	other, err := Take(t.TempDir())
	if err != nil {
		t.Errorf("another folder: %v", err)
	} else {
		other()
	}
	release()
	release, err = Take(folder)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	release()
}
