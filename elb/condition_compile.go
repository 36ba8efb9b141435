package elb

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

const (
	maxPattern = 128
	maxName    = 40 // of a method or a header

	alphanumeric   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	hostCharacters = alphanumeric + "-_.*?"
	lastHostLabel  = alphanumeric + "*?"
	pathCharacters = alphanumeric + "_-.$/~\"'@:+&;*?"
	methodLetters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
	nameCharacters = alphanumeric + "*-!#$%&'+.^_`|~"
	valueSymbols   = alphanumeric + " !\"#$%&'()+,./:;<=>@[]^_`{|}~-*?"
	querySymbols   = alphanumeric + "_-.$/~\"'@:+&()!,;=%*?"
)

// compileCondition compiles a condition. It reports false if it is of no kind, or of
// more than one.
func compileCondition(c *Condition, part string, f *ruleFaults) (t conditionTest, ok bool) {
	kinds := 0
	of := func(kind conditionKind, is bool) {
		if is {
			kinds++
			t.kind = kind
		}
	}
	of(kindMethod, c.HTTPRequestMethod != nil)
	of(kindSource, c.SourceIP != nil)
	of(kindPath, c.PathPattern.given())
	of(kindHost, c.HostHeader.given())
	of(kindHeader, c.HTTPHeader.Name != "" || c.HTTPHeader.given())
	of(kindQuery, c.QueryString != nil)
	if kinds != 1 {
		f.add(part, ErrInvalidCondition, "a condition has exactly one field set, not %d", kinds)
		return t, false
	}
	k := conditionFaults{f, part + "." + t.kind.field()}
	switch t.kind {
	case kindMethod:
		t.methods = c.HTTPRequestMethod
		for _, method := range t.methods {
			k.check(method, maxName, methodLetters)
		}
	case kindSource:
		t.sources = c.SourceIP
		for _, p := range t.sources {
			if !p.IsValid() || p.Addr().Is4In6() {
				k.add("%q is not a CIDR block", p)
			}
		}
	case kindPath:
		t.patterns = k.compile(&c.PathPattern, pathCharacters, "", false)
	case kindHost:
		t.patterns = k.compileHosts(&c.HostHeader)
	case kindHeader:
		t.name = http.CanonicalHeaderKey(c.HTTPHeader.Name)
		k.checkName(c.HTTPHeader.Name)
		t.patterns = k.compile(&c.HTTPHeader.Patterns, valueSymbols, "(?i)", true)
	case kindQuery:
		for _, p := range c.QueryString {
			t.parameters = append(t.parameters, k.compileParameter(p))
		}
	}
	switch n := t.values(); {
	case n == 0:
		k.add("a condition value must be specified")
	case n > maxConditionValues:
		k.add("a condition has at most %d values, not %d", maxConditionValues, n)
	}
	return t, true
}

func (p *Patterns) given() bool { return p.Values != nil || p.RegexValues != nil }

// conditionFaults adds the faults of one condition.
type conditionFaults struct {
	f    *ruleFaults
	part string
}

func (k conditionFaults) add(format string, args ...any) {
	k.f.add(k.part, ErrInvalidCondition, format, args...)
}

// check looks at the length and the characters of a value.
func (k conditionFaults) check(value string, most int, characters string) {
	switch {
	case value == "":
		k.add("a condition value can't be empty")
	case len(value) > most:
		k.add("condition value '%s' is longer than %d characters", value, most)
	case !consistsOf(value, characters):
		k.add("condition value '%s' contains a character that is not valid", value)
	}
}

func consistsOf(s, characters string) bool {
	for i := range len(s) {
		if strings.IndexByte(characters, s[i]) < 0 {
			return false
		}
	}
	return true
}

func (k conditionFaults) checkName(name string) {
	k.check(name, maxName, nameCharacters)
	if strings.EqualFold(name, "Host") {
		k.add("the host header takes a HostHeader condition")
	}
}

// compile compiles patterns. Regular expressions get a prefix with their flags.
func (k conditionFaults) compile(p *Patterns, characters, flags string, fold bool) (patterns []pattern) {
	if p.Values != nil && p.RegexValues != nil {
		k.add("a condition has either values or regular expressions")
	}
	for _, value := range p.Values {
		k.check(value, maxPattern, characters)
		patterns = append(patterns, pattern{wildcard: compileWildcard(value, false, fold)})
	}
	for _, value := range p.RegexValues {
		re, problem := compileRegex(flags, value, maxPattern)
		if problem != "" {
			k.add("%s", problem)
		}
		patterns = append(patterns, pattern{regex: re})
	}
	return patterns
}

func (k conditionFaults) compileHosts(p *Patterns) []pattern {
	for _, value := range p.Values {
		dot := strings.LastIndexByte(value, '.')
		switch {
		case value == "":
		case dot < 0:
			k.add("condition value '%s' must contain a '.'", value)
		case dot == len(value)-1 || !consistsOf(value[dot+1:], lastHostLabel):
			k.add("condition value '%s' must have letters and digits only after the last '.'", value)
		}
	}
	// The host is in lower case already.
	lowered := Patterns{Values: slices.Clone(p.Values), RegexValues: p.RegexValues}
	for i, value := range lowered.Values {
		lowered.Values[i] = lowerASCII(value)
	}
	return k.compile(&lowered, hostCharacters, "(?i)", false)
}

func (k conditionFaults) compileParameter(p QueryParameter) (c parameter) {
	unescaped := strings.NewReplacer(`\*`, "*", `\?`, "?")
	k.check(unescaped.Replace(p.Value), maxPattern, querySymbols)
	if p.Key != "" {
		k.check(unescaped.Replace(p.Key), maxPattern, querySymbols)
		c.keyed = true
		c.key = compileWildcard(p.Key, true, true)
	}
	c.value = compileWildcard(p.Value, true, true)
	return c
}

// compileRegex compiles a regular expression, or says what is wrong with it.
func compileRegex(flags, value string, most int) (re *regexp.Regexp, problem string) {
	switch {
	case value == "":
		return nil, "a regular expression can't be empty"
	case len(value) > most:
		return nil, "regular expression '" + value + "' is too long"
	case hasUnicodeClass(value):
		return nil, "regular expression '" + value + "' has a class of Unicode"
	}
	re, err := regexp.Compile(flags + value)
	if err != nil {
		return nil, "regular expression '" + value + "' is not valid: " + err.Error()
	}
	return re, ""
}

func hasUnicodeClass(value string) bool {
	for i := 0; i+1 < len(value); i++ {
		if value[i] == '\\' {
			if i++; value[i] == 'p' || value[i] == 'P' {
				return true
			}
		}
	}
	return false
}
