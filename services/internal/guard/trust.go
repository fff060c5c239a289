package guard

import (
	"bytes"
	"context"
	"os"
	"time"

	"twinstack.dev/services/internal/mysql"
)

const trustPoll = 10 * time.Second

// followTrust makes mysqld use renewed certificates without a restart.
func (g *Guard) followTrust(ctx context.Context) {
	tick := time.NewTicker(trustPoll)
	defer tick.Stop()
	known := g.trust()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := g.trust()
		l, up := g.gate.current().(*local)
		if !up || bytes.Equal(now, known) {
			continue
		}
		if err := l.reloadTrust(ctx); err != nil {
			g.log.Warn("renewed certificates were not taken over; trying again", "error", err.Error())
			continue
		}
		g.log.Info("renewed certificates are in use")
		known = now
	}
}

func (g *Guard) trust() []byte {
	files := mysql.TrustIn(g.settings.TrustDirectory)
	var all []byte
	for _, path := range []string{files.CA, files.Cert, files.Key} {
		text, _ := os.ReadFile(path) // One that can't be read is like an empty one: it changes when it can be.
		all = append(append(all, text...), 0)
	}
	return all
}
