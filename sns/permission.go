package sns

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/syntax"
)

// policyActions are what the access policy of a topic can allow. ("Amazon SNS API
// permissions" in the SNS Developer Guide.)
var policyActions = []string{
	"GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic",
	"Subscribe", "ListSubscriptionsByTopic", "Publish", "Receive",
	"ListTagsForResource", "TagResource", "UntagResource", "GetDataProtectionPolicy", "PutDataProtectionPolicy",
}

// policyStatement is a statement as AWS writes it.
type policyStatement struct {
	Sid       string
	Effect    string
	Principal map[string]any
	Action    any
	Resource  string
	Condition map[string]any `json:",omitempty"`
}

// policyDocument is an access policy. What a user's own says besides is kept.
type policyDocument struct {
	Version   string
	ID        string `json:"Id"`
	Statement []any
}

// policy returns the topic's access policy, AWS's default if it has none.
func (t *LocalTopic) policy(cfg *Config) string {
	if cfg.Policy != "" {
		return cfg.Policy
	}
	return marshal(policyDocument{"2008-10-17", "__default_policy_ID", []any{policyStatement{
		Sid:       "__default_statement_ID",
		Effect:    "Allow",
		Principal: map[string]any{"AWS": "*"},
		Action: []string{
			"SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
			"SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish",
		},
		Resource:  t.ARN(),
		Condition: map[string]any{"StringEquals": map[string]string{"AWS:SourceOwner": t.account}},
	}}})
}

// AddPermission adds a statement to the topic's access policy that allows accounts
// (their 12 digits) actions ("Publish", "Subscribe", …). The label names the statement
// for RemovePermission. The policy is kept and returned, not enforced. It fails with
// ErrInvalidParameter or ErrNotFound. (AddPermission.)
func (t *LocalTopic) AddPermission(label string, accounts, actions []string) error {
	principals := make([]string, len(accounts))
	for i, account := range accounts {
		principals[i] = "arn:" + syntax.Partition(t.region) + ":iam::" + account + ":root"
	}
	allowed := make([]string, len(actions))
	for i, action := range actions {
		allowed[i] = "SNS:" + action
	}
	return t.change("AddPermission", func(cfg Config) (Config, error) {
		policy, err := readPolicy(t.policy(&cfg))
		statements := policy.statements()
		switch {
		case err != nil:
			return cfg, err
		case label == "":
			return cfg, invalid("Label")
		case len(accounts) == 0:
			return cfg, invalid("AWSAccountId")
		case len(actions) == 0:
			return cfg, invalid("ActionName")
		case slices.ContainsFunc(statements, labelled(label)):
			return cfg, invalid("Statement already exists")
		case slices.ContainsFunc(actions, func(a string) bool { return !slices.Contains(policyActions, a) }):
			return cfg, outOfScope(invalid)
		case slices.ContainsFunc(accounts, func(a string) bool { return !syntax.IsAccount(a) }):
			return cfg, invalid("Policy Error: PrincipalNotFound")
		}
		statement := marshal(policyStatement{
			Sid: label, Effect: "Allow", Resource: t.ARN(),
			Principal: map[string]any{"AWS": oneOrMany(principals)},
			Action:    oneOrMany(allowed),
		})
		cfg.Policy = policy.with(append(statements, json.RawMessage(statement)))
		return cfg, nil
	})
}

// RemovePermission removes the statement that a label names from the topic's access
// policy; that there is none is no error. It fails with ErrInvalidParameter or
// ErrNotFound. (RemovePermission.)
func (t *LocalTopic) RemovePermission(label string) error {
	return t.change("RemovePermission", func(cfg Config) (Config, error) {
		policy, err := readPolicy(t.policy(&cfg))
		if err != nil {
			return cfg, err
		}
		if statements := policy.statements(); slices.ContainsFunc(statements, labelled(label)) {
			cfg.Policy = policy.with(slices.DeleteFunc(statements, labelled(label)))
		}
		return cfg, nil
	})
}

func outOfScope(fault faults) *Error { return fault("Policy statement action out of service scope!") }

// oneOrMany writes a list of one as its element, as AWS does.
func oneOrMany(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// accessPolicy is an access policy, taken apart as far as need be.
type accessPolicy map[string]json.RawMessage

func readPolicy(text string) (accessPolicy, *Error) {
	var policy accessPolicy
	if json.Unmarshal([]byte(text), &policy) != nil || policy == nil {
		return nil, invalid("Policy Error: null")
	}
	return policy, nil
}

// statements returns the policy's statements, which may be a single one that is in no
// list.
func (p accessPolicy) statements() (list []json.RawMessage) {
	one, ok := p["Statement"]
	if ok && json.Unmarshal(one, &list) != nil {
		return []json.RawMessage{one}
	}
	return list
}

// with writes the policy with other statements.
func (p accessPolicy) with(statements []json.RawMessage) string {
	p["Statement"] = json.RawMessage(marshal(statements))
	return marshal(p)
}

func labelled(label string) func(json.RawMessage) bool {
	return func(statement json.RawMessage) bool {
		var fields struct{ Sid string }
		return json.Unmarshal(statement, &fields) == nil && fields.Sid == label
	}
}

// checkPolicy returns what is wrong with a topic's access policy: it must be a JSON
// object, and its statements about actions on topics.
func checkPolicy(fault faults, text string) *Error {
	policy, err := readPolicy(text)
	if err != nil {
		return fault("Policy Error: null")
	}
	for _, statement := range policy.statements() {
		var fields struct{ Action json.RawMessage }
		if json.Unmarshal(statement, &fields) != nil {
			return fault("Policy Error: null")
		}
		var actions []string
		if fields.Action != nil && json.Unmarshal(fields.Action, &actions) != nil {
			actions = make([]string, 1)
			if json.Unmarshal(fields.Action, &actions[0]) != nil {
				return fault("Policy Error: null")
			}
		}
		if slices.ContainsFunc(actions, func(action string) bool { return !inScope(action) }) {
			return outOfScope(fault)
		}
	}
	return nil
}

// inScope tells whether a policy can speak of an action; it may have wildcards.
func inScope(action string) bool {
	if strings.ContainsAny(action, "*?") {
		return action == "*" || strings.HasPrefix(strings.ToLower(action), "sns:")
	}
	return slices.ContainsFunc(policyActions, func(a string) bool { return strings.EqualFold("sns:"+a, action) })
}
