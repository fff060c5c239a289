package wan

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"twinstack.dev/platform/internal/layout"
)

// pipe is a device in memory: what the region sends is put into sent, and what it gets comes out of got.
type pipe struct {
	sent, got chan []byte
	once      sync.Once
	closed    chan struct{}
}

func newPipe() *pipe {
	return &pipe{sent: make(chan []byte, 16), got: make(chan []byte, 16), closed: make(chan struct{})}
}

func (p *pipe) Read(buffer []byte) (int, error) {
	select {
	case packet := <-p.sent:
		return copy(buffer, packet), nil
	case <-p.closed:
		return 0, io.EOF
	}
}

func (p *pipe) Write(packet []byte) (int, error) {
	p.got <- slices.Clone(packet)
	return len(packet), nil
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// packet is an IPv4 header with a destination, and a text.
func packet(destination, text string) []byte {
	header := make([]byte, 20)
	header[0] = 0x45
	var address [4]byte
	if _, err := fmt.Sscanf(destination, "%d.%d.%d.%d", &address[0], &address[1], &address[2], &address[3]); err != nil {
		panic(err)
	}
	copy(header[16:], address[:])
	return append(header, text...)
}

// joined is a fabric to which these regions are attached.
func joined(t *testing.T, names string) (*Fabric, map[string]*pipe) {
	t.Helper()
	regions, err := layout.ParseRegions(names)
	if err != nil {
		t.Fatal(err)
	}
	f, pipes := NewFabric(), map[string]*pipe{}
	for _, r := range regions {
		pipes[r.Name] = newPipe()
		if err := f.attach(r, pipes[r.Name], 1); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := f.detach(r); err != nil {
				t.Error(err)
			}
		})
	}
	return f, pipes
}

func expectText(t *testing.T, p *pipe, want string) {
	t.Helper()
	select {
	case got := <-p.got:
		if text := string(got[20:]); text != want {
			t.Fatalf("got %q, want %q", text, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("%q didn't arrive", want)
	}
}

// settle waits until all that was sent is decided about, which a later packet on another line tells.
func settle(t *testing.T, from, marker *pipe, address string) {
	t.Helper()
	from.sent <- packet(address, "marker")
	expectText(t, marker, "marker")
}

func TestDestination(t *testing.T) {
	f := NewFabric()
	for address, want := range map[string]string{
		"198.18.0.10": "a", "198.18.0.11": "b", "198.18.0.12": "w",
		"198.19.0.1": "a", "198.19.15.255": "a", "198.19.32.7": "b", "198.19.64.7": "w",
		// Services of a region, the machine, clients and anything else are for nobody.
		"198.19.16.1": "", "198.18.0.1": "", "198.18.1.7": "", "192.0.2.1": "", "255.255.255.255": "",
	} {
		index, known := f.destination(packet(address, ""))
		got := ""
		if known {
			got = f.regions[index].Name
		}
		if got != want {
			t.Errorf("%s: got region %q, want %q", address, got, want)
		}
	}
	version6 := packet("198.18.0.10", "")
	version6[0] = 0x60
	for name, bytes := range map[string][]byte{"IPv6": version6, "short": packet("198.18.0.10", "")[:19], "empty": {}} {
		if _, known := f.destination(bytes); known {
			t.Errorf("%s: a destination was found", name)
		}
	}
}

func TestForward(t *testing.T) {
	f, pipes := joined(t, "a,b,w")
	pipes["a"].sent <- packet("198.18.0.11", "to b's node")
	expectText(t, pipes["b"], "to b's node")
	pipes["b"].sent <- packet("198.19.0.9", "to a's pod")
	expectText(t, pipes["a"], "to a's pod")
	// Neither to itself nor to a region that isn't there.
	pipes["a"].sent <- packet("198.18.0.10", "to itself")
	pipes["a"].sent <- packet("198.18.0.13", "to c")
	settle(t, pipes["a"], pipes["w"], "198.18.0.12")
	if len(pipes["a"].got) != 0 {
		t.Error("a region was sent its own packet")
	}
	const want = "a b perfect 1 0\na w perfect 1 0\nb a perfect 1 0\nb w perfect 0 0\nw a perfect 0 0\nw b perfect 0 0\n"
	// A packet is counted a moment after it has arrived.
	got := counted(f)
	for deadline := time.Now().Add(10 * time.Second); got != want && time.Now().Before(deadline); got = counted(f) {
		time.Sleep(time.Millisecond)
	}
	if got != want {
		t.Errorf("got\n%s", got)
	}
}

// counted is a line for each link.
func counted(f *Fabric) string {
	var text strings.Builder
	for _, link := range f.Links() {
		fmt.Fprintln(&text, link.From, link.To, link.Quality, link.Delivered, link.Dropped)
	}
	return text.String()
}

func TestCutIsPerDirection(t *testing.T) {
	yes, no := true, false
	f, pipes := joined(t, "a,b,w")
	address := map[string]string{"a": "198.18.0.10", "b": "198.18.0.11", "w": "198.18.0.12"}
	if err := f.Set(Between("a", "b", true), Change{Cut: &yes}); err != nil {
		t.Fatal(err)
	}
	pipes["a"].sent <- packet(address["b"], "lost")
	settle(t, pipes["a"], pipes["w"], address["w"])
	settle(t, pipes["b"], pipes["a"], address["a"])
	if err := f.Set(Between("a", "b", false), Change{Cut: &yes}); err != nil {
		t.Fatal(err)
	}
	pipes["b"].sent <- packet(address["a"], "lost")
	settle(t, pipes["b"], pipes["w"], address["w"])
	if err := f.Set(Between("a", "b", false), Change{Cut: &no}); err != nil {
		t.Fatal(err)
	}
	settle(t, pipes["a"], pipes["b"], address["b"])
	settle(t, pipes["b"], pipes["a"], address["a"])
}

func TestNoPacketOvertakesAnother(t *testing.T) {
	delay, none := 30*time.Millisecond, time.Duration(0)
	f, pipes := joined(t, "a,b,w")
	for _, change := range []Change{{Delay: &delay}, {Delay: &none}} {
		if err := f.Set(Between("a", "b", true), change); err != nil {
			t.Fatal(err)
		}
		pipes["a"].sent <- packet("198.18.0.11", change.Delay.String())
		settle(t, pipes["a"], pipes["w"], "198.18.0.12")
	}
	expectText(t, pipes["b"], "30ms")
	expectText(t, pipes["b"], "0s")
}

func TestACutLosesWhatIsUnderWay(t *testing.T) {
	l := newLine(0, func([]byte) bool { t.Error("a packet arrived"); return true })
	l.queue = make(chan delivery, 1)
	l.queue <- delivery{time.Time{}, []byte{1}}
	close(l.queue)
	l.quality.Store(&Quality{Cut: true})
	l.run()
	if dropped := l.dropped.Load(); dropped != 1 {
		t.Errorf("%d were dropped", dropped)
	}
}

func TestAFullQueueLosesPackets(t *testing.T) {
	l := newLine(0, func([]byte) bool { return true })
	l.quality.Store(&Quality{Delay: maxDelay})
	// One more is in the hands of the goroutine that waits for it.
	for range maxWaiting + 2 {
		l.send([]byte{1})
	}
	if dropped := l.dropped.Load(); dropped < 1 || dropped > 2 {
		t.Errorf("%d were dropped", dropped)
	}
}

func TestSetRefuses(t *testing.T) {
	f := NewFabric()
	delay, loss := time.Hour, 2.0
	for name, test := range map[string]struct {
		pairs  []Pair
		change Change
		want   string
	}{
		"unknown": {Between("a", "x", true), Change{}, `region is "x"; must be one of a, b, w, c, d, e, f, g`},
		"itself":  {Between("a", "a", true), Change{}, "link a a is one region's; must be two regions"},
		"values": {Between("a", "b", true), Change{Delay: &delay, Loss: &loss}, `link a to b: --delay is 1h0m0s; must be from 0 to 1m0s, such as 20ms
link a to b: --loss is 200%; must be from 0% to 100%`},
	} {
		t.Run(name, func(t *testing.T) {
			if err := f.Set(test.pairs, test.change); err == nil || err.Error() != test.want {
				t.Errorf("got %v", err)
			}
			if links := f.Links(); len(links) != 0 {
				t.Errorf("a link was changed: %+v", links)
			}
		})
	}
}

func TestDetachedRegionsAreSilent(t *testing.T) {
	f, pipes := joined(t, "a,b,w")
	b := f.regions[1]
	if err := f.detach(b); err != nil {
		t.Fatal(err)
	}
	pipes["a"].sent <- packet("198.18.0.11", "lost")
	settle(t, pipes["a"], pipes["w"], "198.18.0.12")
	if len(pipes["b"].got) != 0 {
		t.Error("a region that was detached got a packet")
	}
	again := newPipe()
	if err := f.attach(b, again, 2); err != nil {
		t.Fatal(err)
	}
	settle(t, pipes["a"], again, "198.18.0.11")
	settle(t, again, pipes["a"], "198.18.0.10")
}

// A device that goes by itself, with its namespace, must not be taken for one that works.
func TestALostDeviceIsForgotten(t *testing.T) {
	f, pipes := joined(t, "a")
	p := f.ports[0].Load()
	if err := pipes["a"].Close(); err != nil {
		t.Fatal(err)
	}
	<-p.finished
	if f.ports[0].Load() != nil {
		t.Error("the device is still the region's")
	}
}

func TestHeal(t *testing.T) {
	f := NewFabric()
	yes := true
	if err := f.Set(Between("a", "b", false), Change{Cut: &yes}); err != nil {
		t.Fatal(err)
	}
	if links := f.Links(); len(links) != 2 {
		t.Errorf("got %+v", links)
	}
	f.Heal()
	if links := f.Links(); len(links) != 0 {
		t.Errorf("got %+v", links)
	}
}
