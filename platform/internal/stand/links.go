package stand

import (
	"context"
	"errors"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/region"
	"twinstack.dev/platform/internal/wan"
)

// linkLines are the lines of the links between the regions.
func (s *Stand) linkLines(ctx context.Context) []line {
	links, err := s.links().Links(ctx)
	if errors.Is(err, wan.ErrDown) {
		// Its process has a line that says so.
		return nil
	}
	if err != nil {
		return []line{{what: "links", state: "not ready", where: err.Error(), bad: true}}
	}
	var lines []line
	for _, link := range links {
		lines = append(lines, linkLine("link from "+link.From+" to "+link.To, link.Quality))
	}
	return lines
}

func linkLine(what string, quality wan.Quality) line {
	next := line{what: what, state: "ready", where: quality.String()}
	if quality.Cut {
		next.state, next.bad = "not ready", true
	}
	return next
}

// clientLines are the lines of the regions whose clients are cut off.
func clientLines() ([]line, error) {
	var lines []line
	for _, r := range layout.AllRegions() {
		cut, err := region.ClientsCut(r)
		if err != nil {
			return nil, err
		}
		if cut {
			lines = append(lines, linkLine("link from "+r.Name+" to clients", wan.Quality{Cut: true}))
		}
	}
	return lines, nil
}
