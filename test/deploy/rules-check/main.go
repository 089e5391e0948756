// rules-check reads a file of rules as Prometheus would, and runs its alerts over series of samples with Prometheus's
// own parser, engine and templates. It ends with 1 and a message when the file or a case is not valid.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/prometheus/prometheus/model/rulefmt"
)

const usage = `usage: rules-check check FILE    prints how many rules the file has
       rules-check fire FILE     reads cases as JSON, prints for each the alerts that fire
       rules-check --version`

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("rules-check, Prometheus v0.305.0")
		return
	}
	if len(os.Args) != 3 {
		fail(usage)
	}
	groups, faults := rulefmt.ParseFile(os.Args[2], false)
	if len(faults) > 0 {
		fail(errors.Join(faults...))
	}
	switch os.Args[1] {
	case "check":
		fmt.Println(len(allRules(groups)), "rules")
	case "fire":
		fire(groups)
	default:
		fail(usage)
	}
}

// fire runs each case of standard input over the same rules.
func fire(groups *rulefmt.RuleGroups) {
	var cases []testCase
	reader := json.NewDecoder(os.Stdin)
	reader.DisallowUnknownFields()
	if err := reader.Decode(&cases); err != nil {
		fail(err)
	}
	alerts, err := alertsOf(allRules(groups))
	if err != nil {
		fail(err)
	}
	fired := make([][]firing, 0, len(cases))
	for at, one := range cases {
		result, err := run(alerts, one)
		if err != nil {
			fail(fmt.Errorf("case %d: %w", at, err))
		}
		fired = append(fired, result)
	}
	if err := json.NewEncoder(os.Stdout).Encode(fired); err != nil {
		fail(err)
	}
}

// allRules gives each rule with the labels of its group, in the order of their evaluation.
func allRules(groups *rulefmt.RuleGroups) []rulefmt.Rule {
	var rules []rulefmt.Rule
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			rule.Labels = merged(group.Labels, rule.Labels)
			rules = append(rules, rule)
		}
	}
	return rules
}

func merged(maps ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, one := range maps {
		for name, value := range one {
			all[name] = value
		}
	}
	return all
}

func fail(reason any) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(1)
}
