package sqs

import (
	"encoding/json"
	"regexp"
	"slices"

	"github.com/leat-go/leat/internal/syntax"
)

// policyDocument is an access policy as AddPermission writes it. What a user's
// own policy says besides is kept.
type policyDocument map[string]any

// statements returns the policy's statements, which may be a single one that is in
// no list.
func (p policyDocument) statements() []any {
	switch s := p["Statement"].(type) {
	case []any:
		return s
	case map[string]any:
		return []any{s}
	default:
		return nil
	}
}

type policyStatement struct {
	Sid       string
	Effect    string
	Principal map[string]any
	Action    any
	Resource  string
}

var labelSyntax = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// AddPermission adds a statement to the queue's policy that allows accounts
// (their 12 digits) actions ("SendMessage", or "*"). The label, 1 to 80 of
// [A-Za-z0-9_-], names the statement for RemovePermission. The policy is kept and
// returned, not enforced. It fails with ErrInvalidParameterValue or
// ErrMissingParameter. (AddPermission.)
func (q *LocalQueue) AddPermission(label string, accounts, actions []string) error {
	return q.administer("AddPermission", func() (receipt, error) { return q.addPermission(label, accounts, actions) })
}

func (q *LocalQueue) addPermission(label string, accounts, actions []string) (receipt, error) {
	policy := policyDocument{"Version": "2008-10-17", "Id": q.ARN() + "/SQSDefaultPolicy"}
	if err := q.readPolicy("AddPermission", policy); err != nil {
		return receipt{}, err
	}
	statements := policy.statements()
	var fault *Error
	switch {
	case label == "":
		fault = missing("Label")
	case !labelSyntax.MatchString(label):
		fault = invalid("Value %s for parameter Label is invalid. Reason: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.", label)
	case len(accounts) == 0:
		fault = missing("AWSAccountIds")
	case len(actions) == 0:
		fault = missing("Actions")
	case slices.ContainsFunc(statements, labelled(label)):
		fault = invalid("Value %s for parameter Label is invalid. Reason: Already exists.", label)
	}
	for _, account := range accounts {
		if !syntax.IsAccount(account) && fault == nil {
			fault = invalid("Value %s for parameter PrincipalId is invalid. Reason: Unable to verify.", account)
		}
	}
	for _, action := range actions {
		if !actionSyntax.MatchString(action) && fault == nil {
			fault = invalid("Value SQS:%s for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list of valid actions.", action)
		}
	}
	if fault != nil {
		return receipt{}, located("AddPermission", q.name, fault)
	}
	principals := make([]any, len(accounts))
	for i, account := range accounts {
		principals[i] = "arn:" + syntax.Partition(q.region) + ":iam::" + account + ":root"
	}
	allowed := make([]any, len(actions))
	for i, action := range actions {
		allowed[i] = "SQS:" + action
	}
	policy["Statement"] = append(statements, policyStatement{
		Sid: label, Effect: "Allow", Resource: q.ARN(),
		Principal: map[string]any{"AWS": oneOrMany(principals)},
		Action:    oneOrMany(allowed),
	})
	return q.setPolicy("AddPermission", policy)
}

// RemovePermission removes the statement that a label names from the queue's
// policy. It fails with ErrInvalidParameterValue if there is none.
// (RemovePermission.)
func (q *LocalQueue) RemovePermission(label string) error {
	return q.administer("RemovePermission", func() (receipt, error) { return q.removePermission(label) })
}

func (q *LocalQueue) removePermission(label string) (receipt, error) {
	policy := policyDocument{}
	if err := q.readPolicy("RemovePermission", policy); err != nil {
		return receipt{}, err
	}
	statements := policy.statements()
	kept := slices.DeleteFunc(slices.Clone(statements), labelled(label))
	if len(kept) == len(statements) {
		return receipt{}, located("RemovePermission", q.name, invalid("Value %s for parameter Label is invalid. Reason: can't find label.", label))
	}
	if len(kept) == 0 {
		return q.setAttributes("RemovePermission", map[string]string{"Policy": ""})
	}
	policy["Statement"] = kept
	return q.setPolicy("RemovePermission", policy)
}

// readPolicy reads the queue's policy, if it has one, over what policy says.
func (q *LocalQueue) readPolicy(op string, policy policyDocument) error {
	text := q.config.Load().Policy
	if text != "" && json.Unmarshal([]byte(text), &policy) != nil {
		return located(op, q.name, invalid("The queue's policy is not a JSON object."))
	}
	return nil
}

func (q *LocalQueue) setPolicy(op string, policy policyDocument) (receipt, error) {
	text, err := json.Marshal(policy)
	if err != nil {
		return receipt{}, located(op, q.name, invalid("The queue's policy can not be written: %v", err))
	}
	return q.setAttributes(op, map[string]string{"Policy": string(text)})
}

func labelled(label string) func(any) bool {
	return func(statement any) bool {
		fields, _ := statement.(map[string]any)
		return fields["Sid"] == label
	}
}

// oneOrMany writes a list of one as its element, as AWS does.
func oneOrMany(list []any) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}
