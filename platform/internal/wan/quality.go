// Package wan joins the regions by links whose quality can be set: a stand-in, in user space, for the wide-area network
// between them.
//
// Each region's network namespace has a TUN device, wan0, that leads to the other regions. A daemon moves packets
// between these devices. The regions have no other way to each other, so that a link which is cut is cut for all.
package wan

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// maxDelay bounds what a link can delay: more than that is a cut link.
const maxDelay = time.Minute

// Quality is what a link does to packets that go in one direction. The zero value is a perfect link.
type Quality struct {
	// Delay is added to each packet; a round trip has it twice.
	Delay time.Duration `json:"delayNanoseconds"`
	// Jitter is by how much a packet's delay can be longer or shorter. The order of packets stays.
	Jitter time.Duration `json:"jitterNanoseconds"`
	// Loss is the share of packets that are lost, from 0 to 1.
	Loss float64 `json:"loss"`
	// Cut loses all of them, those under way too.
	Cut bool `json:"cut"`
}

// problems lists what is wrong with a quality, in the words of the command that sets it.
func (q Quality) problems() []string {
	var found []string
	if q.Delay < 0 || q.Delay > maxDelay {
		found = append(found, fmt.Sprintf("--delay is %s; must be from 0 to %s, such as 20ms", q.Delay, maxDelay))
	}
	if q.Jitter < 0 || q.Jitter > max(q.Delay, 0) {
		found = append(found, fmt.Sprintf("--jitter is %s; must be from 0 to the delay, which is %s: choose a smaller one or a longer delay",
			q.Jitter, q.Delay))
	}
	// Written so that what isn't a number is refused too.
	if !(q.Loss >= 0 && q.Loss <= 1) {
		found = append(found, fmt.Sprintf("--loss is %s; must be from 0%% to 100%%", percent(q.Loss)))
	}
	return found
}

// String words the quality for a person.
func (q Quality) String() string {
	if q.Cut {
		return "cut"
	}
	var parts []string
	if q.Delay > 0 {
		text := "delay " + q.Delay.String()
		if q.Jitter > 0 {
			text += " ± " + q.Jitter.String()
		}
		parts = append(parts, text)
	}
	if q.Loss > 0 {
		parts = append(parts, "loss "+percent(q.Loss))
	}
	if len(parts) == 0 {
		return "perfect"
	}
	return strings.Join(parts, ", ")
}

func percent(share float64) string { return fmt.Sprintf("%.4g%%", share*100) }

// lost decides whether a packet is.
func (q Quality) lost(random *rand.Rand) bool {
	return q.Cut || q.Loss > 0 && random.Float64() < q.Loss
}

// due is when a packet sent now arrives, given when the one before it does.
func (q Quality) due(now, before time.Time, random *rand.Rand) time.Time {
	delay := q.Delay
	if q.Jitter > 0 {
		delay += time.Duration(random.Int64N(2*int64(q.Jitter)+1)) - q.Jitter
	}
	due := now.Add(delay)
	if due.Before(before) {
		return before
	}
	return due
}

// Change names what to change of a quality; what is nil stays as it is.
type Change struct {
	Delay  *time.Duration `json:"delayNanoseconds,omitempty"`
	Jitter *time.Duration `json:"jitterNanoseconds,omitempty"`
	Loss   *float64       `json:"loss,omitempty"`
	Cut    *bool          `json:"cut,omitempty"`
}

// apply returns the quality with the change made.
func (c Change) apply(q Quality) Quality {
	if c.Delay != nil {
		q.Delay = *c.Delay
	}
	if c.Jitter != nil {
		q.Jitter = *c.Jitter
	}
	if c.Loss != nil {
		q.Loss = *c.Loss
	}
	if c.Cut != nil {
		q.Cut = *c.Cut
	}
	return q
}
