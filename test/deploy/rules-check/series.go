package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// step is the time between two values of a series, and between two evaluations of the rules.
const step = time.Minute

// readSeries reads the notation of Prometheus's own tests, such as `up{job="a"}` with `1x5 _ 0`: the first value is at 0.
func readSeries(written map[string]string) ([]promql.Series, error) {
	var all []promql.Series
	for name, values := range written {
		metric, sequence, err := parser.ParseSeriesDesc(name + " " + values)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		series := promql.Series{Metric: metric}
		for at, value := range sequence {
			if value.Histogram != nil {
				return nil, fmt.Errorf("%s: native histograms are not supported", name)
			}
			if !value.Omitted {
				point := promql.FPoint{T: int64(at) * step.Milliseconds(), F: value.Value}
				series.Floats = append(series.Floats, point)
			}
		}
		all = append(all, series)
	}
	// The engine may ask for sorted ones.
	slices.SortFunc(all, func(a, b promql.Series) int { return labels.Compare(a.Metric, b.Metric) })
	for at := 1; at < len(all); at++ {
		if labels.Equal(all[at-1].Metric, all[at].Metric) {
			return nil, fmt.Errorf("%s is there twice", all[at].Metric)
		}
	}
	return all, nil
}

// queryable gives the engine the series that a selector matches. The engine itself leaves out samples of other times.
func queryable(all []promql.Series) storage.Queryable {
	choose := func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
		var chosen []storage.Series
		for _, series := range all {
			fails := func(matcher *labels.Matcher) bool { return !matcher.Matches(series.Metric.Get(matcher.Name)) }
			if !slices.ContainsFunc(matchers, fails) {
				chosen = append(chosen, promql.NewStorageSeries(series))
			}
		}
		return &seriesSet{series: chosen, at: -1}
	}
	return &storage.MockQueryable{MockQuerier: &storage.MockQuerier{SelectMockFunction: choose}}
}

// A seriesSet is how the engine takes series: one after the other.
type seriesSet struct {
	series []storage.Series
	at     int
}

func (set *seriesSet) Next() bool                        { set.at++; return set.at < len(set.series) }
func (set *seriesSet) At() storage.Series                { return set.series[set.at] }
func (set *seriesSet) Err() error                        { return nil }
func (set *seriesSet) Warnings() annotations.Annotations { return nil }
