// Package metrics defines the Prometheus metrics of a service.
package metrics

import (
	"database/sql"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"twinstack.dev/services/internal/identity"
)

// durationBuckets has bounds at 0.2 s and 0.5 s, where the health factor of a backend changes.
var durationBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .3, .5, 1, 2.5, 5, 10}

// Metrics is one process's registry and what is written to it.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	inFlight  prometheus.Gauge
	calls     *prometheus.CounterVec
	up        *prometheus.GaugeVec
	breaker   *prometheus.GaugeVec
	reads     *prometheus.CounterVec
	writes    *prometheus.CounterVec
}

// New returns metrics of a process that is known by id.
func New(id identity.Identity) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests answered, by route and status code.",
		}, []string{"route", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time to answer, by route and status code.", Buckets: durationBuckets,
		}, []string{"route", "code"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight", Help: "Requests being answered now.",
		}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dependency_calls_total", Help: "Calls to a dependency by outcome: ok, error, rejected by its open breaker, or abandoned by the caller.",
		}, []string{"dependency", "outcome"}),
		up: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "dependency_up", Help: "Whether the last call to a dependency succeeded.",
		}, []string{"dependency"}),
		breaker: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "breaker_state", Help: "1 for the state that a dependency's circuit breaker is in, else 0.",
		}, []string{"dependency", "state"}),
		reads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ledger_reads_total", Help: "Reads of the ledger that were answered, by the side of the database that answered.",
		}, []string{"database"}),
		writes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ledger_writes_total", Help: "Writes to the ledger by outcome: new, repeated, refused, failed (not done), or unknown.",
		}, []string{"outcome"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{
			"version": id.Version, "backend": id.Backend, "region": id.Region, "go_version": runtime.Version(),
		},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.durations, m.inFlight, m.calls, m.up, m.breaker, m.reads, m.writes, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the metrics in the text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// RequestStarted counts a request in flight; the returned function counts it as answered.
func (m *Metrics) RequestStarted() (answered func(route string, code int, took time.Duration)) {
	m.inFlight.Inc()
	return func(route string, code int, took time.Duration) {
		m.inFlight.Dec()
		status := strconv.Itoa(code)
		m.requests.WithLabelValues(route, status).Inc()
		m.durations.WithLabelValues(route, status).Observe(took.Seconds())
	}
}

// DependencyCalled counts a call; outcome is "ok", "error", "rejected" or "abandoned".
func (m *Metrics) DependencyCalled(dependency, outcome string) {
	m.calls.WithLabelValues(dependency, outcome).Inc()
}

// DependencyUp records whether a dependency answered last time.
func (m *Metrics) DependencyUp(dependency string, up bool) {
	m.up.WithLabelValues(dependency).Set(oneIf(up))
}

// BreakerState records the state of a dependency's breaker among all the states it can have.
func (m *Metrics) BreakerState(dependency, state string, states ...string) {
	for _, s := range states {
		m.breaker.WithLabelValues(dependency, s).Set(oneIf(s == state))
	}
}

// LedgerRead counts a read; database is "reader" or "writer".
func (m *Metrics) LedgerRead(database string) { m.reads.WithLabelValues(database).Inc() }

// LedgerWritten counts a write; outcome is "new", "repeated", "refused", "failed" or "unknown".
func (m *Metrics) LedgerWritten(outcome string) { m.writes.WithLabelValues(outcome).Inc() }

// ConnectionPool tells about a pool's connections under a name.
func (m *Metrics) ConnectionPool(name string, pool *sql.DB) {
	m.registry.MustRegister(collectors.NewDBStatsCollector(pool, name))
}

func oneIf(condition bool) float64 {
	if condition {
		return 1
	}
	return 0
}
