package sns

import (
	"regexp"
	"strings"

	"github.com/leat-go/leat/internal/syntax"
)

// arn is the Amazon Resource Name of a topic.
type arn struct{ region, account, name string }

func (a arn) String() string { return syntax.FormatARN("sns", a.region, a.account, a.name) }

// parseARN takes the ARN of a topic apart.
func parseARN(s string) (a arn, ok bool) {
	a.region, a.account, a.name, ok = syntax.ParseARN("sns", s)
	return a, ok
}

// topicOf returns the part of a subscription's ARN that is its topic's.
func (id SubscriptionID) topicOf() string {
	if i := strings.LastIndexByte(string(id), ':'); i >= 0 {
		return string(id[:i])
	}
	return ""
}

var (
	nameSyntax     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
	fifoNameSyntax = regexp.MustCompile(`^[A-Za-z0-9_-]{1,251}\.fifo$`)
)
