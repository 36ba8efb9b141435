package sqs

import (
	"regexp"
	"strings"
)

// arn is the Amazon Resource Name of a queue.
type arn struct{ region, account, name string }

func (a arn) String() string { return "arn:aws:sqs:" + a.region + ":" + a.account + ":" + a.name }

func parseARN(s string) (a arn, ok bool) {
	parts := strings.Split(s, ":")
	if len(parts) != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != "sqs" {
		return arn{}, false
	}
	return arn{parts[3], parts[4], parts[5]}, true
}

var (
	accountSyntax  = regexp.MustCompile(`^[0-9]{12}$`)
	regionSyntax   = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	nameSyntax     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	fifoNameSyntax = regexp.MustCompile(`^[A-Za-z0-9_-]{1,75}\.fifo$`)
	actionSyntax   = regexp.MustCompile(`^(\*|[A-Za-z]+)$`)
)
