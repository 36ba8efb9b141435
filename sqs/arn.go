package sqs

import (
	"regexp"
	"strings"
)

// arn is the Amazon Resource Name of a queue.
type arn struct{ region, account, name string }

func (a arn) String() string {
	return "arn:" + partitionOf(a.region) + ":sqs:" + a.region + ":" + a.account + ":" + a.name
}

func parseARN(s string) (a arn, ok bool) {
	s, ok = strings.CutPrefix(s, "arn:")
	partition, s, _ := strings.Cut(s, ":sqs:")
	a.region, s, _ = strings.Cut(s, ":")
	a.account, a.name, _ = strings.Cut(s, ":")
	return a, ok && partition == partitionOf(a.region) && a.name != "" && !strings.Contains(a.name, ":")
}

// partitionOf returns the part of AWS that a region belongs to.
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	default:
		return "aws"
	}
}

// placeOf returns an ARN without the name at its end.
func placeOf(arn string) string { return arn[:strings.LastIndexByte(arn, ':')+1] }

var (
	accountSyntax  = regexp.MustCompile(`^[0-9]{12}$`)
	regionSyntax   = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	nameSyntax     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	fifoNameSyntax = regexp.MustCompile(`^[A-Za-z0-9_-]{1,75}\.fifo$`)
	actionSyntax   = regexp.MustCompile(`^(\*|[A-Za-z]+)$`)
)
