package kinesis

import (
	"regexp"
	"strings"

	"github.com/leat-go/leat/internal/syntax"
)

// arn is the Amazon Resource Name of a stream.
type arn struct{ region, account, name string }

func (a arn) String() string {
	return syntax.FormatARN("kinesis", a.region, a.account, "stream/"+a.name)
}

func parseARN(s string) (a arn, ok bool) {
	a.region, a.account, a.name, ok = syntax.ParseARN("kinesis", s)
	name, isStream := strings.CutPrefix(a.name, "stream/")
	a.name = name
	return a, ok && isStream && nameSyntax.MatchString(name)
}

var nameSyntax = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,128}$`)
