package report

import (
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"time"

	"twinstack.dev/chaos/internal/history"
)

const (
	plotWidth, plotLeft = 1100.0, 150.0
	barsHeight          = 160.0
	laneHeight          = 22.0
	topMargin           = 40.0
)

const (
	goodColor, badColor = "#3a9d5d", "#d1495b"
	shadeColor          = "#f3d9a4"
)

// palette colours regions and answers in the order of their names.
var palette = []string{"#3066be", "#e08e45", "#7d5ba6", "#119da4", "#8d99ae", "#6d597a"}

// stretch is a time in which something had one value.
type stretch struct {
	begin, end time.Duration
	value      string
}

// lane is one line of stretches.
type lane struct {
	title     string
	stretches []stretch
}

// Plot draws a run: requests in each second, who accepted writes, and what DNS servers answered, with the fault shaded.
func Plot(w io.Writer, title string, h history.History) error {
	lanes := lanesOf(h)
	p := &plot{w: w, end: max(h.End(), time.Second)}
	height := topMargin + barsHeight + laneHeight*float64(len(lanes)+2)
	p.print(`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" font-family="sans-serif" font-size="12">`, plotWidth, height)
	p.print(`<rect width="100%%" height="100%%" fill="white"/><text x="%.0f" y="18" font-size="14">%s</text>`, 10.0, html.EscapeString(title))
	p.shade(h, height)
	p.bars(h)
	colors := colorsOf(lanes)
	for i, l := range lanes {
		p.lane(l, topMargin+barsHeight+laneHeight*float64(i+1)-6, colors)
	}
	p.axis(height - laneHeight)
	p.print(`</svg>`)
	return p.failure
}

type plot struct {
	w       io.Writer
	end     time.Duration
	failure error
}

func (p *plot) print(format string, arguments ...any) {
	if p.failure == nil {
		_, p.failure = fmt.Fprintf(p.w, format+"\n", arguments...)
	}
}

// x is where a moment is.
func (p *plot) x(at time.Duration) float64 {
	return plotLeft + (plotWidth-plotLeft-20)*at.Seconds()/p.end.Seconds()
}

func (p *plot) rect(begin, end time.Duration, y, height float64, color, hint string) {
	p.print(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"><title>%s</title></rect>`,
		p.x(begin), y, max(p.x(end)-p.x(begin), 0.5), height, color, html.EscapeString(hint))
}

// shade marks the time of the fault.
func (p *plot) shade(h history.History, height float64) {
	fault, struck := h.Mark(history.Fault)
	heal, healed := h.Mark(history.Heal)
	if !struck {
		return
	}
	if !healed {
		heal = p.end
	}
	p.rect(fault, heal, topMargin-14, height-topMargin-laneHeight+14, shadeColor, "fault")
	p.print(`<text x="%.1f" y="%.1f">fault</text>`, p.x(fault)+3, topMargin-3)
	if at, healthy := h.Mark(history.Healthy); healthy {
		p.print(`<line x1="%[1]f" x2="%[1]f" y1="%[2]f" y2="%[3]f" stroke="#555" stroke-dasharray="3"/><text x="%[1]f" y="%[4]f"> healthy</text>`,
			p.x(at), topMargin-14, height-laneHeight, topMargin-3)
	}
}

// bars stack good and bad requests of each second.
func (p *plot) bars(h history.History) {
	good, bad := map[int]int{}, map[int]int{}
	most, last := 1, int(p.end.Seconds())
	for _, r := range h.Requests {
		second := int(r.Begin.Seconds())
		if r.Good {
			good[second]++
		} else {
			bad[second]++
		}
		most = max(most, good[second]+bad[second])
	}
	base := topMargin + barsHeight
	scale := (barsHeight - 10) / float64(most)
	for second := 0; second <= last; second++ {
		begin := time.Duration(second) * time.Second
		end := begin + 900*time.Millisecond
		high := float64(good[second]) * scale
		p.rect(begin, end, base-high, high, goodColor, fmt.Sprintf("%d good", good[second]))
		low := float64(bad[second]) * scale
		p.rect(begin, end, base-high-low, low, badColor, fmt.Sprintf("%d bad", bad[second]))
	}
	p.print(`<text x="10" y="%.1f">requests a second</text><text x="10" y="%.1f">%d sent at most</text>`, base-barsHeight/2, base-barsHeight/2+16, most)
}

func (p *plot) lane(l lane, y float64, colors map[string]string) {
	p.print(`<text x="10" y="%.1f">%s</text>`, y+12, html.EscapeString(l.title))
	for _, s := range l.stretches {
		p.rect(s.begin, s.end, y, laneHeight-8, colors[s.value], fmt.Sprintf("%s, %.1f s to %.1f s", s.value, s.begin.Seconds(), s.end.Seconds()))
		if p.x(s.end)-p.x(s.begin) > 7*float64(len(s.value)) {
			p.print(`<text x="%.1f" y="%.1f" fill="white">%s</text>`, p.x(s.begin)+3, y+11, html.EscapeString(s.value))
		}
	}
}

func (p *plot) axis(y float64) {
	step := max(int(p.end.Seconds())/12/5*5, 5)
	for second := 0; second <= int(p.end.Seconds()); second += step {
		p.print(`<text x="%.1f" y="%.1f" fill="#555">%d s</text>`, p.x(time.Duration(second)*time.Second), y+14, second)
	}
}

// lanesOf are who accepted writes in each region, who each region says the writer is, and each server's answers.
func lanesOf(h history.History) []lane {
	const patience = 1500 * time.Millisecond
	seen := map[string]*lane{}
	var order []string
	add := func(title, value string, span history.Span) {
		if seen[title] == nil {
			seen[title] = &lane{title: title}
			order = append(order, title)
		}
		l := seen[title]
		if n := len(l.stretches); n > 0 && l.stretches[n-1].value == value && span.Begin-l.stretches[n-1].end < patience {
			l.stretches[n-1].end = span.End
			return
		}
		l.stretches = append(l.stretches, stretch{span.Begin, span.End, value})
	}
	for _, s := range h.Samples {
		if s.Outcome == history.Accepted {
			add("writes accepted in "+s.Region, s.Region, s.Span)
		}
	}
	for _, s := range h.Health {
		if s.Problem == "" && s.InService {
			add("in service, says "+s.Region, "writer "+s.Writer, s.Span)
		}
	}
	for _, l := range h.Lookups {
		if l.Problem == "" {
			add("DNS, "+l.Server, strings.Join(l.Addresses, " "), l.Span)
		}
	}
	slices.Sort(order)
	lanes := make([]lane, len(order))
	for i, title := range order {
		lanes[i] = *seen[title]
	}
	return lanes
}

func colorsOf(lanes []lane) map[string]string {
	var values []string
	for _, l := range lanes {
		for _, s := range l.stretches {
			values = append(values, s.value)
		}
	}
	slices.Sort(values)
	colors := map[string]string{}
	for i, value := range slices.Compact(values) {
		colors[value] = palette[i%len(palette)]
	}
	return colors
}
