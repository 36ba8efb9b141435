package awshttp

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Validation collects what is wrong with the parameters of a request, in AWS's
// words. The names of parameters begin with a small letter there, and those inside
// of lists look like records.1.member.data.
type Validation struct{ faults []string }

// maxFaults is how many faults AWS tells at once.
const maxFaults = 10

// Err returns a ValidationException with all faults, nil for none.
func (v *Validation) Err() error {
	switch n := len(v.faults); n {
	case 0:
		return nil
	case 1:
		return Conditions(nil).New("ValidationException", "1 validation error detected: "+v.faults[0])
	default:
		return Conditions(nil).New("ValidationException", fmt.Sprintf("%d validation errors detected: %s", n, strings.Join(v.faults, "; ")))
	}
}

// Member is a parameter that is being checked. Rules other than Required hold for a
// parameter that is there.
type Member struct {
	v      *Validation
	name   string
	value  string // as AWS shows it
	absent bool
	secret bool
	isBlob bool // which AWS shows as Java does
	length int  // in characters, bytes or elements
	number int64
}

// Text checks a string.
func (v *Validation) Text(name string, value *string) Member {
	if value == nil {
		return Member{v: v, name: name, absent: true}
	}
	return Member{v: v, name: name, value: *value, length: utf8.RuneCountInString(*value)}
}

// Integer checks a number.
func (v *Validation) Integer(name string, value *int32) Member {
	if value == nil {
		return Member{v: v, name: name, absent: true}
	}
	return Member{v: v, name: name, value: strconv.Itoa(int(*value)), number: int64(*value)}
}

// Blob checks bytes, which are absent if nil.
func (v *Validation) Blob(name string, value []byte) Member {
	return Member{v: v, name: name, absent: value == nil, length: len(value), isBlob: true}
}

// List checks how many elements a list has, which is absent if isNil. How AWS shows
// it is in value, without the brackets.
func (v *Validation) List(name string, isNil bool, length int, value string) Member {
	return Member{v: v, name: name, absent: isNil, length: length, value: "[" + value + "]"}
}

// Texts checks a list of strings, which is absent if nil.
func (v *Validation) Texts(name string, list []string) Member {
	return v.List(name, list == nil, len(list), strings.Join(list, ", "))
}

// Map checks a map of strings, which is absent if nil.
func (v *Validation) Map(name string, texts map[string]string) Member {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		pairs = append(pairs, key+"="+texts[key])
	}
	return Member{v: v, name: name, absent: texts == nil, length: len(texts), value: "{" + strings.Join(pairs, ", ") + "}"}
}

// Present checks a structure, of which only Required makes sense.
func (v *Validation) Present(name string, isNil bool) Member {
	return Member{v: v, name: name, absent: isNil}
}

// Sensitive has faults not tell the value.
func (m Member) Sensitive() Member {
	m.secret = true
	return m
}

// Required is for a parameter that must be there.
func (m Member) Required() Member {
	if m.absent {
		m.Fail("Member must not be null")
	}
	return m
}

// Pattern is for a string that must match as a whole.
func (m Member) Pattern(p *Pattern) Member {
	if !m.absent && !p.matches(m.value) {
		m.Fail("Member must satisfy regular expression pattern: " + p.text)
	}
	return m
}

// Lengths bounds characters, bytes or elements.
func (m Member) Lengths(least, most int) Member {
	if !m.absent && m.length < least {
		m.Fail(fmt.Sprintf("Member must have length greater than or equal to %d", least))
	}
	if !m.absent && m.length > most {
		m.Fail(fmt.Sprintf("Member must have length less than or equal to %d", most))
	}
	return m
}

// Between bounds a number.
func (m Member) Between(least, most int64) Member {
	if !m.absent && m.number < least {
		m.Fail(fmt.Sprintf("Member must have value greater than or equal to %d", least))
	}
	if !m.absent && m.number > most {
		m.Fail(fmt.Sprintf("Member must have value less than or equal to %d", most))
	}
	return m
}

// OneOf is for a string that is one of a few.
func (m Member) OneOf(values ...string) Member {
	if !m.absent && !slices.Contains(values, m.value) {
		m.Fail("Member must satisfy enum value set: [" + strings.Join(values, ", ") + "]")
	}
	return m
}

// Fail notes a fault.
func (m Member) Fail(constraint string) {
	if len(m.v.faults) == maxFaults {
		return
	}
	value := "Value '" + m.value + "' at '"
	switch {
	case m.absent:
		value = "Value null at '"
	case m.secret:
		value = "Value at '"
	case m.isBlob:
		value = fmt.Sprintf("Value 'java.nio.HeapByteBuffer[pos=0 lim=%d cap=%[1]d]' at '", m.length)
	}
	m.v.faults = append(m.v.faults, value+m.name+"' failed to satisfy constraint: "+constraint)
}

// Pattern is a regular expression that a whole value matches.
type Pattern struct {
	text    string
	matches func(string) bool
}

// NewPattern returns the pattern of a text as AWS's service model has it. It panics
// on one that package regexp does not know.
func NewPattern(text string) *Pattern {
	return &Pattern{text, regexp.MustCompile(`^(?:` + text + `)$`).MatchString}
}

// NewPatternFunc returns the pattern of a text that package regexp does not know, and
// what it means.
func NewPatternFunc(text string, matches func(value string) bool) *Pattern {
	return &Pattern{text, matches}
}
