package elb

import (
	"cmp"
	"fmt"
	"slices"
)

// The limits of a listener and of a rule. ("Quotas for your Application Load
// Balancers" in the ELB user guide.)
const (
	maxRules           = 100
	maxPriority        = 50_000
	maxConditionValues = 3
	maxRuleValues      = 5
	maxRuleWildcards   = 6
)

func checkPriority(priority int, taken map[int]bool, f *ruleFaults) {
	switch {
	case priority < 1 || priority > maxPriority:
		f.add("Priority", ErrPriority, "must be 1 to %d, not %d", maxPriority, priority)
	case taken[priority]:
		f.add("Priority", ErrPriorityInUse, "Priority '%d' is currently in use", priority)
	}
	taken[priority] = true
}

// compileRule compiles a rule, or says what is wrong with it; then the result is of no
// use.
func compileRule(rule *Rule, f *ruleFaults) compiledRule {
	c := compiledRule{rule: rule, index: f.index, action: &rule.Action}
	if len(rule.Conditions) == 0 {
		f.add("Conditions", ErrInvalidCondition, "a rule needs a condition")
	}
	values, wildcards := 0, 0
	var seen [conditionKinds]bool
	for i := range rule.Conditions {
		t, ok := compileCondition(&rule.Conditions[i], fmt.Sprintf("Conditions[%d]", i), f)
		if !ok {
			continue
		}
		values += t.values()
		wildcards += t.wildcards()
		if seen[t.kind] && t.kind.once() {
			f.add(fmt.Sprintf("Conditions[%d]", i), ErrInvalidCondition, "a rule has at most one %s condition", t.kind)
		}
		seen[t.kind] = true
		if t.kind == kindPath && len(t.patterns) == 1 && t.patterns[0].wildcard.first.plain {
			c.prefix = t.patterns[0].wildcard.first.text
		}
		c.tests = append(c.tests, t)
	}
	if values > maxRuleValues {
		f.add("Conditions", ErrInvalidCondition, "a rule has at most %d values, not %d", maxRuleValues, values)
	}
	if wildcards > maxRuleWildcards {
		f.add("Conditions", ErrInvalidCondition, "a rule has at most %d wildcards, not %d", maxRuleWildcards, wildcards)
	}
	// The cheap tests come first: they spare the others.
	slices.SortStableFunc(c.tests, func(a, b conditionTest) int { return cmp.Compare(a.cost(), b.cost()) })
	compileTransforms(rule.Transforms, &c, f)
	c.redirect = compileAction(&rule.Action, f)
	return c
}
