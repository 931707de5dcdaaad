// Whether a list and a register that several clients used at once behaved like one list and one
// register: linearizability, judged by porcupine.
//
// stdin is {KEY: {"start": [ELEMENT], "operations": [OPERATION]}}, stdout {KEY: VERDICT}. Times are
// nanoseconds. An element is a text without spaces.
package main

import (
	"encoding/json"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

const patience = 60 * time.Second // per key; a history that takes longer is Unknown

type operation struct {
	Kind     string    `json:"kind"` // append, read, truncate
	Who      string    `json:"who"`
	Element  string    `json:"element"`
	Shown    *[]string `json:"shown"` // null where no answer came
	Register string    `json:"register"`
	MayLose  []string  `json:"may_lose"`
	Called   int64     `json:"called"`
	Returned int64     `json:"returned"`
}

type question struct {
	Start      []string    `json:"start"`
	Operations []operation `json:"operations"`
}

type verdict struct {
	Result porcupine.CheckResult `json:"result"`
	Stuck  *operation            `json:"stuck,omitempty"` // the first that fits nowhere
	State  []string              `json:"state,omitempty"` // the list where it would have had to fit
}

func main() {
	log.SetFlags(0)
	questions := map[string]question{}
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		log.Fatalf("the question: %v", err)
	}
	verdicts := map[string]verdict{}
	for key, each := range questions {
		verdicts[key] = judge(each)
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		log.Fatal(err)
	}
}

func judge(asked question) verdict {
	model := porcupine.Model{
		Init: func() any { return text(asked.Start) },
		Step: step,
	}
	history := make([]porcupine.Operation, len(asked.Operations))
	for i, each := range asked.Operations {
		history[i] = porcupine.Operation{Input: each, Call: each.Called, Return: each.Returned}
	}
	result := porcupine.CheckOperationsTimeout(model, history, patience)
	if result != porcupine.Illegal {
		return verdict{Result: result}
	}
	_, info := porcupine.CheckOperationsVerbose(model, history, patience)
	return explained(asked, info)
}

// step is what one list and its register do. The state is the list with spaces between its
// elements; the register holds the last one, since one transaction writes both.
func step(state, input, _ any) (bool, any) {
	was, asked := state.(string), input.(operation)
	switch asked.Kind {
	case "append":
		now := strings.TrimPrefix(was+" "+asked.Element, " ")
		return asked.Shown == nil || text(*asked.Shown) == now, now
	case "read":
		return text(*asked.Shown) == was && asked.Register == last(*asked.Shown), was
	case "truncate":
		return truncates(strings.Fields(was), *asked.Shown, asked.MayLose), text(*asked.Shown)
	}
	return false, was
}

func truncates(was, kept, mayLose []string) bool {
	if len(kept) > len(was) || !slices.Equal(was[:len(kept)], kept) {
		return false
	}
	for _, lost := range was[len(kept):] {
		if !slices.Contains(mayLose, lost) {
			return false
		}
	}
	return true
}

// explained names the first operation that no order of all the others leads to.
func explained(asked question, info porcupine.LinearizationInfo) verdict {
	longest := []int{}
	for _, each := range info.PartialLinearizations()[0] {
		if len(each) > len(longest) {
			longest = each
		}
	}
	var state any = text(asked.Start)
	for _, number := range longest {
		_, state = step(state, asked.Operations[number], nil)
	}
	found := verdict{Result: porcupine.Illegal, State: strings.Fields(state.(string))}
	for i := range asked.Operations {
		each := &asked.Operations[i]
		placed := slices.Contains(longest, i)
		if !placed && (found.Stuck == nil || each.Returned < found.Stuck.Returned) {
			found.Stuck = each
		}
	}
	return found
}

func text(elements []string) string { return strings.Join(elements, " ") }

func last(elements []string) string {
	if len(elements) == 0 {
		return ""
	}
	return elements[len(elements)-1]
}
