package awshttp

import (
	"fmt"

	"github.com/leat-go/leat/internal/fault"
)

// AddFault adds a rule to the faults of a service, if it is for an action that is
// among operations or for all. The status of an error that the service lists is the
// service's, unless the rule says otherwise.
func AddFault[C Call](i *fault.Injector, rule fault.Rule, service string, operations map[string]Operation[C], t Conditions) (remove func(), err error) {
	if _, ok := operations[rule.Op]; !ok && rule.Op != "" {
		return nil, &fault.RuleError{Rule: rule, Reasons: []string{fmt.Sprintf("Op is %q, which is no action of %s", rule.Op, service)}}
	}
	if c, ok := t.Find(rule.Code); ok && rule.Status == 0 {
		rule.Status = c.Status
	}
	return i.Add(rule)
}
