package sqs

import (
	"regexp"
	"strings"

	"github.com/leat-go/leat/internal/syntax"
)

// arn is the Amazon Resource Name of a queue.
type arn struct{ region, account, name string }

func (a arn) String() string {
	return "arn:" + syntax.Partition(a.region) + ":sqs:" + a.region + ":" + a.account + ":" + a.name
}

func parseARN(s string) (a arn, ok bool) {
	s, ok = strings.CutPrefix(s, "arn:")
	partition, s, _ := strings.Cut(s, ":sqs:")
	a.region, s, _ = strings.Cut(s, ":")
	a.account, a.name, _ = strings.Cut(s, ":")
	return a, ok && partition == syntax.Partition(a.region) && a.name != "" && !strings.Contains(a.name, ":")
}

// placeOf returns an ARN without the name at its end.
func placeOf(arn string) string { return arn[:strings.LastIndexByte(arn, ':')+1] }

var (
	nameSyntax     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	fifoNameSyntax = regexp.MustCompile(`^[A-Za-z0-9_-]{1,75}\.fifo$`)
	actionSyntax   = regexp.MustCompile(`^(\*|[A-Za-z]+)$`)
)
