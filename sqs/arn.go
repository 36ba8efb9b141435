package sqs

import (
	"regexp"
	"strings"

	"github.com/leat-go/leat/internal/syntax"
)

// arn is the Amazon Resource Name of a queue.
type arn struct{ region, account, name string }

func (a arn) String() string { return syntax.FormatARN("sqs", a.region, a.account, a.name) }

func parseARN(s string) (a arn, ok bool) {
	a.region, a.account, a.name, ok = syntax.ParseARN("sqs", s)
	return a, ok
}

// placeOf returns an ARN without the name at its end.
func placeOf(arn string) string { return arn[:strings.LastIndexByte(arn, ':')+1] }

var (
	nameSyntax     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	fifoNameSyntax = regexp.MustCompile(`^[A-Za-z0-9_-]{1,75}\.fifo$`)
	actionSyntax   = regexp.MustCompile(`^(\*|[A-Za-z]+)$`)
)
