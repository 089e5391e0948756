// Tells whether a history of S3 calls can have happened one call after the other, each at some moment between its call
// and its return: linearizability, key by key. Reads a JSON list of calls on standard input; writes Ok, Illegal or
// Unknown, and with -html FILE a picture of the history.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

// Call is one call on one key. A value is an object's ETag; "" is no object.
type Call struct {
	Client int    `json:"client"`
	Key    string `json:"key"`
	// Call and Return are moments in microseconds.
	Call   int64 `json:"call"`
	Return int64 `json:"return"`
	// Kind is read, write or refused.
	Kind string `json:"kind"`
	// Value is what was seen or written.
	Value string `json:"value"`
	// Condition is what a write asked of the object: "" nothing, "absent", or the ETag it must have.
	Condition string `json:"condition"`
	// Unknown says that a write may have happened or not.
	Unknown bool `json:"unknown"`
}

// holds tells whether the condition of a call is met by an object.
func (call Call) holds(value string) bool {
	switch call.Condition {
	case "":
		return true
	case "absent":
		return value == ""
	default:
		return value == call.Condition
	}
}

// step returns the values a key can have after the call; none when the call cannot have gone as it did.
func step(state, input, _ interface{}) []interface{} {
	call, value := input.(Call), state.(string)
	switch {
	case call.Kind == "read" && value == call.Value:
		return []interface{}{value}
	case call.Kind == "refused" && !call.holds(value):
		return []interface{}{value}
	case call.Kind == "write" && call.Unknown && call.holds(value):
		return []interface{}{value, call.Value}
	case call.Kind == "write" && call.Unknown:
		return []interface{}{value}
	case call.Kind == "write" && call.holds(value):
		return []interface{}{call.Value}
	default:
		return nil
	}
}

func partition(history []porcupine.Operation) [][]porcupine.Operation {
	byKey := map[string][]porcupine.Operation{}
	for _, operation := range history {
		key := operation.Input.(Call).Key
		byKey[key] = append(byKey[key], operation)
	}
	parts := make([][]porcupine.Operation, 0, len(byKey))
	for _, part := range byKey {
		parts = append(parts, part)
	}
	return parts
}

func describe(input, _ interface{}) string {
	call := input.(Call)
	text := fmt.Sprintf("%s %.8s", call.Kind, call.Value)
	if call.Condition != "" {
		text += fmt.Sprintf(" if %.8s", call.Condition)
	}
	if call.Unknown {
		text += " ?"
	}
	return text
}

func main() {
	picture := flag.String("html", "", "file for a picture of the history")
	patience := flag.Duration("timeout", time.Minute, "how long to search before the verdict is Unknown")
	flag.Parse()
	var calls []Call
	if err := json.NewDecoder(os.Stdin).Decode(&calls); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	history := make([]porcupine.Operation, len(calls))
	for index, call := range calls {
		history[index] = porcupine.Operation{ClientId: call.Client, Input: call, Call: call.Call, Return: call.Return}
	}
	objects := porcupine.NondeterministicModel{
		Partition:         partition,
		Init:              func() []interface{} { return []interface{}{""} },
		Step:              step,
		DescribeOperation: describe,
	}
	model := objects.ToModel()
	result, info := porcupine.CheckOperationsVerbose(model, history, *patience)
	if *picture != "" && result != porcupine.Ok {
		if err := porcupine.VisualizePath(model, info, *picture); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	fmt.Println(result)
}
