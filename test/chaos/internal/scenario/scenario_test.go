package scenario

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"twinstack.dev/chaos/internal/history"
	"twinstack.dev/chaos/internal/stack"
)

func TestTable(t *testing.T) {
	names := map[string]bool{}
	for _, s := range Table {
		if names[s.Name] || !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(s.Name) || s.Story == "" {
			t.Errorf("%q: names are words with hyphens, each once, and have a story", s.Name)
		}
		names[s.Name] = true
		if (s.Strike == nil) != (s.NotRun != "") {
			t.Errorf("%s: must have either a strike or a reason why not", s.Name)
		}
		if s.NotRun == "" && s.Until != Returned && s.Hold == 0 {
			t.Errorf("%s: a fault that lasts no time shows nothing", s.Name)
		}
		if s.Expect.NobodyAfter >= s.Hold && s.Expect.NobodyAfter > 0 {
			t.Errorf("%s: lasts %s, too short to see that nobody writes after %s", s.Name, s.Hold, s.Expect.NobodyAfter)
		}
		if found, known := Find(s.Name); !known || found.Name != s.Name {
			t.Errorf("%s is not found", s.Name)
		}
	}
	for mode, allowed := range map[string]bool{stack.Async: true, stack.SemiSync: false, stack.Group: false} {
		if s, _ := Find("fencing-off"); (s.Refusal(mode) == "") != allowed {
			t.Errorf("fencing-off in mode %s: refusal %q", mode, s.Refusal(mode))
		}
		if s, _ := Find("region-cut"); s.Refusal(mode) != "" || s.Expected(mode).LossAllowed != (mode == stack.Async) {
			t.Errorf("region-cut in mode %s: %q, %+v", mode, s.Refusal(mode), s.Expected(mode))
		}
	}
}

// wan notes what is asked of the links.
func wan(t *testing.T) (socket string, asked func() []string) {
	t.Helper()
	// A socket's path must be short.
	folder, err := os.MkdirTemp("", "wan")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	socket = filepath.Join(folder, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 10)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		said <- r.Method + " " + string(body)
		if strings.Contains(string(body), `"to":"nowhere"`) {
			http.Error(w, "there is no region nowhere", http.StatusUnprocessableEntity)
		}
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return socket, func() []string {
		var all []string
		for len(said) > 0 {
			all = append(all, <-said)
		}
		return all
	}
}

func TestLinksAreCutAtOnceAndHealed(t *testing.T) {
	socket, asked := wan(t)
	s := stack.Local("", "")
	s.WANSocket = socket
	stage := Stage{Stack: s, Writer: "a", Other: "b"}
	act, err := isolate(writer, other, witness)(t.Context(), stage)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(act.Do(t.Context()), act.Undo(t.Context())); err != nil {
		t.Fatal(err)
	}
	const links = `"pairs":[{"from":"a","to":"b"},{"from":"b","to":"a"},{"from":"a","to":"w"},{"from":"w","to":"a"}]}`
	want := []string{
		`PATCH {"change":{"cut":true},` + links,
		`PATCH {"change":{"delayNanoseconds":0,"jitterNanoseconds":0,"loss":0,"cut":false},` + links,
	}
	if got := asked(); !slices.Equal(got, want) {
		t.Errorf("asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	bad, err := cut(writer, func(Stage) string { return "nowhere" })(t.Context(), stage)
	if err != nil {
		t.Fatal(err)
	}
	if err := bad.Do(t.Context()); err == nil || !strings.Contains(err.Error(), "there is no region nowhere") {
		t.Errorf("got %v, want what the daemon complains of", err)
	}
}

func TestActsAreTakenBack(t *testing.T) {
	var done, undone atomic.Int64
	failing := errors.New("did not work")
	count := func(n *atomic.Int64, err error) func(context.Context) error {
		return func(context.Context) error { n.Add(1); return err }
	}
	good := func(context.Context, Stage) (Act, error) { return Act{count(&done, nil), count(&undone, nil)}, nil }
	passing := func(context.Context, Stage) (Act, error) { return Act{Do: count(&done, nil)}, nil }
	bad := func(context.Context, Stage) (Act, error) {
		return Act{count(&done, failing), count(&undone, failing)}, nil
	}
	for name, join := range map[string]func(...Step) Step{"together": together, "one by one": oneByOne} {
		done.Store(0)
		undone.Store(0)
		act, err := join(good, bad, passing, good)(t.Context(), Stage{})
		if err != nil {
			t.Fatal(err)
		}
		if err := act.Do(t.Context()); !errors.Is(err, failing) || done.Load() != 4 {
			t.Errorf("%s: %v, %d of 4 done", name, err, done.Load())
		}
		if err := act.Undo(t.Context()); !errors.Is(err, failing) || undone.Load() != 3 {
			t.Errorf("%s: %v, %d of 3 taken back", name, err, undone.Load())
		}
	}
}

func TestWriterReturned(t *testing.T) {
	stage := Stage{Writer: "a", Other: "b"}
	h := history.History{Writer: "a", Epoch: 1}
	for _, step := range []struct {
		region string
		want   bool
	}{{"a", false}, {"b", false}, {"a", true}} {
		h.Events = append(h.Events, history.Event{Kind: "promoted", Region: step.region, Epoch: int64(len(h.Events) + 2)})
		if got := returned(h, stage); got != step.want {
			t.Errorf("after %d promotions: %t", len(h.Events), got)
		}
	}
}

func TestVolumeIsFilled(t *testing.T) {
	folder := smallFileSystem(t)
	volume, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer volume.Close()
	if err := fill(volume, "filler"); err != nil {
		t.Fatal(err)
	}
	file, err := volume.Create("other")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Write(make([]byte, 8192)); err == nil {
		t.Error("there is still room")
	}
}

// smallFileSystem is one of a megabyte, for as long as the test runs.
func smallFileSystem(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mounting is not allowed here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return folder
}
