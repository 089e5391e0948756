package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/template"
)

// A testCase says what was measured from 0 on, and when to look which alerts fire.
type testCase struct {
	Series  map[string]string `json:"series"`
	Minutes int               `json:"minutes"`
}

// A firing is an alert as it would be sent.
type firing struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// alertsOf refuses what `run` would not treat as Prometheus does.
func alertsOf(rules []rulefmt.Rule) ([]rulefmt.Rule, error) {
	for _, rule := range rules {
		if rule.Record != "" {
			return nil, fmt.Errorf("%s: recording rules are not supported", rule.Record)
		}
		if rule.KeepFiringFor != 0 {
			return nil, fmt.Errorf("%s: keep_firing_for is not supported", rule.Alert)
		}
	}
	return rules, nil
}

// run evaluates the alerts each minute up to that of the case, and returns those that fire then.
func run(alerts []rulefmt.Rule, one testCase) ([]firing, error) {
	series, err := readSeries(one.Series)
	if err != nil {
		return nil, err
	}
	store := queryable(series)
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples:           1_000_000,
		Timeout:              time.Minute,
		EnableAtModifier:     true,
		EnableNegativeOffset: true,
	})
	defer engine.Close()
	end := time.UnixMilli(0).Add(time.Duration(one.Minutes) * step)
	fired := []firing{}
	for _, alert := range alerts {
		// Labels of what the expression gave -> since when it has given it at each evaluation.
		since := map[uint64]time.Time{}
		for now := time.UnixMilli(0); !now.After(end); now = now.Add(step) {
			samples, err := query(engine, store, alert.Expr, now)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", alert.Alert, err)
			}
			since = stillActive(since, samples, now)
			if now.Before(end) {
				continue
			}
			due, err := whatFires(alert, samples, since, now)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", alert.Alert, err)
			}
			fired = append(fired, due...)
		}
	}
	return fired, nil
}

func query(engine *promql.Engine, store storage.Queryable, expr string, now time.Time) (promql.Vector, error) {
	asked, err := engine.NewInstantQuery(context.Background(), store, nil, expr, now)
	if err != nil {
		return nil, err
	}
	defer asked.Close()
	result := asked.Exec(context.Background())
	if result.Err != nil {
		return nil, result.Err
	}
	switch value := result.Value.(type) {
	case promql.Vector:
		// Closing the query gives its memory back.
		return slices.Clone(value), nil
	case promql.Scalar:
		return promql.Vector{{T: value.T, F: value.V}}, nil
	default:
		return nil, errors.New("neither a vector nor a scalar")
	}
}

// stillActive forgets what the expression no longer gives: it begins anew when it comes back.
func stillActive(since map[uint64]time.Time, samples promql.Vector, now time.Time) map[uint64]time.Time {
	active := make(map[uint64]time.Time, len(samples))
	for _, sample := range samples {
		hash := sample.Metric.Hash()
		if from, was := since[hash]; was {
			active[hash] = from
		} else {
			active[hash] = now
		}
	}
	return active
}

func whatFires(
	alert rulefmt.Rule, samples promql.Vector, since map[uint64]time.Time, now time.Time,
) ([]firing, error) {
	var fired []firing
	seen := map[string]bool{}
	for _, sample := range samples {
		named, err := expanded(alert.Labels, sample, now)
		if err != nil {
			return nil, err
		}
		own := sample.Metric.Map()
		delete(own, labels.MetricName)
		all := merged(own, named, map[string]string{labels.AlertName: alert.Alert})
		key := labels.FromMap(all).String()
		if seen[key] {
			return nil, fmt.Errorf("two of the labels %s", key)
		}
		seen[key] = true
		if now.Sub(since[sample.Metric.Hash()]) < time.Duration(alert.For) {
			continue
		}
		annotations, err := expanded(alert.Annotations, sample, now)
		if err != nil {
			return nil, err
		}
		fired = append(fired, firing{Labels: all, Annotations: annotations})
	}
	return fired, nil
}

// expanded is stricter than Prometheus, which writes an empty text for a label that is not there.
func expanded(templates map[string]string, sample promql.Sample, now time.Time) (map[string]string, error) {
	const variables = "{{$labels := .Labels}}{{$value := .Value}}"
	data := template.AlertTemplateData(sample.Metric.Map(), nil, "", sample)
	texts := map[string]string{}
	for name, text := range templates {
		text, err := template.NewTemplateExpander(
			context.Background(), variables+text, name, data, model.TimeFromUnixNano(now.UnixNano()),
			nil, &url.URL{}, []string{"missingkey=error"},
		).Expand()
		if err != nil {
			return nil, err
		}
		texts[name] = text
	}
	return texts, nil
}
