package steward

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"twinstack.dev/services/internal/decision"
)

// promotionBuckets has a bound at 10 s, which is what a lost region may cost.
var promotionBuckets = []float64{.1, .25, .5, 1, 2, 3, 5, 10, 30, 60}

type metrics struct {
	registry    *prometheus.Registry
	writer      prometheus.Gauge
	epoch       prometheus.Gauge
	inService   prometheus.Gauge
	lease       prometheus.Gauge
	degraded    prometheus.Gauge
	lag         prometheus.Gauge
	errant      *prometheus.GaugeVec
	discarded   *prometheus.GaugeVec
	transitions *prometheus.CounterVec
	promotions  prometheus.Histogram
}

func newMetrics(region string) *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	labels := prometheus.Labels{"region": region}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels})
		m.registry.MustRegister(g)
		return g
	}
	m.writer = gauge("steward_writer", "1 while this region's database accepts writes, else 0.")
	m.epoch = gauge("steward_epoch", "Number of the last change of the writer.")
	m.inService = gauge("steward_in_service", "1 while clients may be sent to this region, else 0.")
	m.lease = gauge("steward_lease_remaining_seconds", "How long this steward's lease surely lasts.")
	m.degraded = gauge("steward_degraded_seconds",
		"How long commits have not waited for another region, so that losing the writer may lose writes; 0 while the promise holds. Alert on more than 0.")
	m.lag = gauge("steward_replication_lag_seconds", "How far the local database is behind the writer; -1 where that isn't known.")
	m.errant = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "steward_errant_transactions", Help: "Transactions of a member that no writer ever had. The member is kept out. Alert on more than 0.", ConstLabels: labels,
	}, []string{"member"})
	m.discarded = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "steward_discarded_transactions", Help: "Transactions taken out of former writers, by whether clients may have been told of them.", ConstLabels: labels,
	}, []string{"member", "lost"})
	m.transitions = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "steward_transitions_total", Help: "Changes that this steward made, by kind.", ConstLabels: labels,
	}, []string{"kind"})
	m.promotions = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "steward_promotion_seconds", Help: "Time from taking the writer's key to accepting writes.", Buckets: promotionBuckets, ConstLabels: labels,
	})
	m.registry.MustRegister(m.errant, m.discarded, m.transitions, m.promotions,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

func (m *metrics) transition(e decision.Event) {
	m.transitions.WithLabelValues(e.Kind).Inc()
	if e.Kind == decision.EventPromoted {
		m.promotions.Observe(e.End.Sub(e.Begin).Seconds())
	}
}

func (m *metrics) observe(v decision.View, p decision.Plan, lease time.Duration) {
	a := v.Agreed
	m.writer.Set(oneIf(a.Mine && a.Writer.Open && v.Guard != nil && v.Guard.Open))
	m.epoch.Set(float64(a.Epoch()))
	m.inService.Set(oneIf(p.InService))
	m.lease.Set(lease.Seconds())
	m.lag.Set(-1)
	if v.Local != nil && v.Local.Replica != nil {
		m.lag.Set(v.Local.Replica.LagSeconds)
	}
	m.degraded.Set(0)
	m.errant.Reset()
	m.discarded.Reset()
	if a.State == nil {
		return
	}
	if a.State.DegradedSince != nil {
		m.degraded.Set(max(time.Since(*a.State.DegradedSince).Seconds(), 0.001))
	}
	for member, set := range a.State.Errant {
		m.errant.WithLabelValues(member).Set(float64(set.Count()))
	}
	for _, tail := range a.State.Discarded {
		m.discarded.WithLabelValues(tail.Region, map[bool]string{true: "yes", false: "no"}[tail.Lost]).Add(float64(tail.Count))
	}
}

// withdrawn tells that the lease has run out while the quorum can't be read.
func (m *metrics) withdrawn() {
	m.writer.Set(0)
	m.inService.Set(0)
	m.lease.Set(0)
}

func oneIf(condition bool) float64 {
	if condition {
		return 1
	}
	return 0
}
