package gate

import "github.com/prometheus/client_golang/prometheus"

type counter = prometheus.Counter

// counters are what a door counts.
type counters struct {
	connections                       *prometheus.CounterVec
	unreachable, idle, said, answered counter
	open, present                     *prometheus.Desc
}

func newCounters(door string) counters {
	labels := prometheus.Labels{"door": door}
	one := func(name, help string, more prometheus.Labels) counter {
		all := prometheus.Labels{"door": door}
		for key, value := range more {
			all[key] = value
		}
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: all})
	}
	const bytes, bytesHelp = "gate_bytes_total", "Bytes that were carried, by who said them."
	c := counters{
		open:    prometheus.NewDesc("gate_open", "1 while clients may be answered, else 0.", nil, labels),
		present: prometheus.NewDesc("gate_connections", "Connections that are there now.", nil, labels),
		connections: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gate_connections_total", Help: "Connections that were accepted, by whether they were admitted or found the door closed or full.", ConstLabels: labels,
		}, []string{"outcome"}),
		unreachable: one("gate_unreachable_total", "Connections for which the database could not be reached.", nil),
		idle:        one("gate_idle_total", "Connections that were ended since nobody said anything.", nil),
		said:        one(bytes, bytesHelp, prometheus.Labels{"by": "client"}),
		answered:    one(bytes, bytesHelp, prometheus.Labels{"by": "database"}),
	}
	for _, outcome := range []string{admitted, foundClosed, foundFull} {
		c.connections.WithLabelValues(outcome)
	}
	return c
}

// Describe implements prometheus.Collector.
func (d *Door) Describe(into chan<- *prometheus.Desc) { prometheus.DescribeByCollect(d, into) }

// Collect implements prometheus.Collector.
func (d *Door) Collect(into chan<- prometheus.Metric) {
	open, _ := d.State()
	value := 0.0
	if open {
		value = 1
	}
	into <- prometheus.MustNewConstMetric(d.count.open, prometheus.GaugeValue, value)
	into <- prometheus.MustNewConstMetric(d.count.present, prometheus.GaugeValue, float64(d.present()))
	d.count.connections.Collect(into)
	for _, c := range []counter{d.count.unreachable, d.count.idle, d.count.said, d.count.answered} {
		c.Collect(into)
	}
}
