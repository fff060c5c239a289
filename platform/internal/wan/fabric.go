package wan

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"twinstack.dev/platform/internal/layout"
)

// Fabric moves packets between the regions that are attached to it.
type Fabric struct {
	regions []layout.Region
	ports   [layout.MaxRegions]atomic.Pointer[port]
	lines   [layout.MaxRegions][layout.MaxRegions]*line
	// change is held while a region is being attached or detached, or a quality changed.
	change sync.Mutex
}

// port is a region's end.
type port struct {
	device io.ReadWriteCloser
	// namespace is the network namespace that the device is in.
	namespace uint64
	// finished is closed once nothing is read from the device any more.
	finished chan struct{}
}

// NewFabric returns a fabric of perfect links, to which no region is attached yet.
func NewFabric() *Fabric {
	f := &Fabric{regions: layout.AllRegions()}
	for from := range f.regions {
		for to := range f.regions {
			f.lines[from][to] = newLine(uint64(from*layout.MaxRegions+to), func(packet []byte) bool { return f.deliver(to, packet) })
		}
	}
	return f
}

// attach makes a device a region's end, instead of the one it had.
func (f *Fabric) attach(r layout.Region, device io.ReadWriteCloser, namespace uint64) error {
	if err := f.detach(r); err != nil {
		return err
	}
	p := &port{device: device, namespace: namespace, finished: make(chan struct{})}
	f.ports[r.Index].Store(p)
	go f.forward(r.Index, p)
	return nil
}

// detach takes a region's end away: from then on, nothing comes from the region and nothing reaches it.
func (f *Fabric) detach(r layout.Region) error {
	p := f.ports[r.Index].Swap(nil)
	if p == nil {
		return nil
	}
	err := p.device.Close()
	<-p.finished
	return err
}

// forward moves what comes from a region, until its device is closed or lost.
func (f *Fabric) forward(from int, p *port) {
	defer func() {
		// Should the device have gone by itself, the next one to attach the region has to make another.
		f.ports[from].CompareAndSwap(p, nil)
		_ = p.device.Close()
		close(p.finished)
	}()
	buffer := make([]byte, 1<<16)
	for {
		n, err := p.device.Read(buffer)
		if err != nil {
			return
		}
		if to, known := f.destination(buffer[:n]); known && to != from {
			f.lines[from][to].send(buffer[:n])
		}
	}
}

// deliver hands a packet to a region.
func (f *Fabric) deliver(to int, packet []byte) bool {
	p := f.ports[to].Load()
	if p == nil {
		return false
	}
	_, err := p.device.Write(packet)
	return err == nil
}

// destination is the index of the region that an IPv4 packet is for. The regions' services aren't reached from others.
func (f *Fabric) destination(packet []byte) (int, bool) {
	const versionIPv4, headerLength = 4, 20
	if len(packet) < headerLength || packet[0]>>4 != versionIPv4 {
		return 0, false
	}
	address := netip.AddrFrom4([4]byte(packet[16:20]))
	for _, r := range f.regions {
		if address == r.Node.Addr() || r.Pods.Contains(address) {
			return r.Index, true
		}
	}
	return 0, false
}

// Pair is a direction between two regions.
type Pair struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Set changes the quality of some directions, of all or of none.
func (f *Fabric) Set(pairs []Pair, change Change) error {
	f.change.Lock()
	defer f.change.Unlock()
	changed := map[*line]Quality{}
	var problems []string
	for _, pair := range pairs {
		from, errFrom := layout.ParseRegion(pair.From)
		to, errTo := layout.ParseRegion(pair.To)
		if err := errors.Join(errFrom, errTo); err != nil {
			return err
		}
		if from == to {
			return fmt.Errorf("link %s %s is one region's; must be two regions", pair.From, pair.To)
		}
		line := f.lines[from.Index][to.Index]
		changed[line] = change.apply(*line.quality.Load())
		for _, problem := range changed[line].problems() {
			problems = append(problems, fmt.Sprintf("link %s to %s: %s", pair.From, pair.To, problem))
		}
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "\n"))
	}
	for line, quality := range changed {
		line.quality.Store(&quality)
	}
	return nil
}

// Heal makes all links perfect.
func (f *Fabric) Heal() {
	f.change.Lock()
	defer f.change.Unlock()
	for _, lines := range f.lines {
		for _, line := range lines {
			line.quality.Store(&Quality{})
		}
	}
}

// Link is the state of one direction.
type Link struct {
	Pair
	Quality
	// Delivered and Dropped count packets since the daemon started.
	Delivered uint64 `json:"delivered"`
	Dropped   uint64 `json:"dropped"`
}

// Links lists the directions between attached regions, and those that aren't perfect.
func (f *Fabric) Links() []Link {
	all := []Link{}
	for _, from := range f.regions {
		for _, to := range f.regions {
			line := f.lines[from.Index][to.Index]
			quality := *line.quality.Load()
			joined := f.ports[from.Index].Load() != nil && f.ports[to.Index].Load() != nil
			if from == to || !joined && quality == (Quality{}) {
				continue
			}
			all = append(all, Link{Pair{from.Name, to.Name}, quality, line.delivered.Load(), line.dropped.Load()})
		}
	}
	return all
}
