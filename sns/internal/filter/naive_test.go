package filter_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"net/netip"
	"strings"

	"github.com/leat-go/leat/sns/internal/filter"
	"github.com/leat-go/leat/sqs"
)

// errAmbiguous is about policies that ask twice for a name in a branch: which one
// counts depends on their order, of which a Go map knows nothing.
var errAmbiguous = errors.New("a name occurs twice")

// naiveMatch decides by the definitions, without regard to time: it tries every
// branch of the policy on every world, which is what is left of a message if of
// each array only one of the elements that are objects or arrays is kept.
//
// If elsewhere is true, there would be a match if conditions could be met in
// different elements of an array.
func naiveMatch(policy string, scope filter.Scope, m message) (matches, elsewhere bool, err error) {
	branches, err := naiveBranches(naiveDecode(policy).(map[string]any), "")
	if err != nil {
		return false, false, err
	}
	worlds, ok := []naiveWorld{{}}, true
	if scope == filter.Body {
		worlds, ok = naiveBody(m.body)
	} else {
		worlds[0], ok = naiveAttributes(m.attributes)
	}
	for _, b := range branches {
		if len(b) == 0 {
			return true, false, nil
		}
		if !ok {
			continue
		}
		all := naiveWorld{}
		for _, w := range worlds {
			if naiveBranch(b, w, worlds) {
				return true, false, nil
			}
			for name, values := range w {
				all[name] = append(all[name], values...)
			}
		}
		elsewhere = elsewhere || naiveBranch(b, all, worlds)
	}
	return false, elsewhere, nil
}

// A naiveWorld has the values of each name.
type naiveWorld map[string][]any

// malformed is the value of an attribute that is not what its type says.
type malformed struct{}

func naiveDecode(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

func naiveBranches(object map[string]any, prefix string) ([]map[string][]any, error) {
	branches := []map[string][]any{{}}
	for key, v := range object {
		var more []map[string][]any
		switch v := v.(type) {
		case map[string]any:
			below, err := naiveBranches(v, prefix+key+".")
			if err != nil {
				return nil, err
			}
			more = below
		case []any:
			if key != "$or" {
				more = []map[string][]any{{prefix + key: v}}
				break
			}
			for _, o := range v {
				below, err := naiveBranches(o.(map[string]any), prefix)
				if err != nil {
					return nil, err
				}
				more = append(more, below...)
			}
		}
		var product []map[string][]any
		for _, a := range branches {
			for _, b := range more {
				both := make(map[string][]any)
				for name, list := range a {
					both[name] = list
				}
				for name, list := range b {
					if both[name] != nil {
						return nil, errAmbiguous
					}
					both[name] = list
				}
				product = append(product, both)
			}
		}
		branches = product
	}
	return branches, nil
}

func naiveAttributes(attributes map[string]sqs.Attribute) (world naiveWorld, any bool) {
	world = make(naiveWorld)
	for name, a := range attributes {
		switch {
		case strings.HasPrefix(a.DataType, "Binary"):
			continue
		case strings.HasSuffix(a.DataType, ".Array"):
			if !json.Valid([]byte(a.Value)) || !strings.HasPrefix(a.Value, "[") {
				world[name] = append(world[name], malformed{})
			} else {
				naiveScalars(naiveDecode(a.Value), name, world)
			}
		case strings.HasPrefix(a.DataType, "Number"):
			if _, ok := new(big.Rat).SetString(a.Value); !ok {
				world[name] = append(world[name], malformed{})
			} else {
				world[name] = append(world[name], json.Number(a.Value))
			}
		default:
			world[name] = append(world[name], a.Value)
		}
		any = true
	}
	return world, any
}

// naiveScalars adds the elements of an array, and those of arrays in it, to a world.
func naiveScalars(v any, name string, world naiveWorld) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			naiveScalars(e, name, world)
		}
	case map[string]any:
	default:
		world[name] = append(world[name], v)
	}
}

func naiveBody(body string) ([]naiveWorld, bool) {
	if !json.Valid([]byte(body)) {
		return nil, false
	}
	object, ok := naiveDecode(body).(map[string]any)
	if !ok {
		return nil, false
	}
	return naiveWorlds(object, ""), true
}

func naiveWorlds(v any, name string) []naiveWorld {
	switch v := v.(type) {
	case map[string]any:
		worlds := []naiveWorld{{}}
		for key, member := range v {
			path := key
			if name != "" {
				path = name[1:] + "." + key
			}
			worlds = naiveProduct(worlds, naiveWorlds(member, "."+path))
		}
		return worlds
	case []any:
		scalars := naiveWorld{}
		var choices []naiveWorld
		for _, e := range v {
			switch e.(type) {
			case map[string]any, []any:
				choices = append(choices, naiveWorlds(e, name)...)
			default:
				scalars[name[1:]] = append(scalars[name[1:]], e)
			}
		}
		if choices == nil {
			choices = []naiveWorld{{}}
		}
		return naiveProduct([]naiveWorld{scalars}, choices)
	}
	return []naiveWorld{{name[1:]: {v}}}
}

func naiveProduct(as, bs []naiveWorld) []naiveWorld {
	var product []naiveWorld
	for _, a := range as {
		for _, b := range bs {
			both := naiveWorld{}
			for _, w := range []naiveWorld{a, b} {
				for name, values := range w {
					both[name] = append(append([]any{}, both[name]...), values...)
				}
			}
			product = append(product, both)
		}
	}
	return product
}

func naiveBranch(branch map[string][]any, world naiveWorld, all []naiveWorld) bool {
	for name, alternatives := range branch {
		met := false
		for _, alternative := range alternatives {
			if operator, ok := alternative.(map[string]any); ok && operator["exists"] == false {
				present := false
				for _, w := range all {
					present = present || len(w[name]) > 0
				}
				met = met || !present
				continue
			}
			for _, v := range world[name] {
				met = met || naiveCondition(alternative, v)
			}
		}
		if !met {
			return false
		}
	}
	return true
}

func naiveCondition(alternative, v any) bool {
	if v == (malformed{}) {
		return false
	}
	operator, ok := alternative.(map[string]any)
	if !ok {
		return naiveEqual(alternative, v)
	}
	text, isString := v.(string)
	for name, operand := range operator {
		switch name {
		case "equals-ignore-case":
			return isString && strings.EqualFold(text, operand.(string))
		case "prefix":
			return isString && strings.HasPrefix(text, operand.(string))
		case "suffix":
			return isString && strings.HasSuffix(text, operand.(string))
		case "exists":
			return v != nil && v != ""
		case "cidr":
			addr, err := netip.ParseAddr(text)
			return isString && err == nil && netip.MustParsePrefix(operand.(string)).Contains(addr)
		case "numeric":
			return naiveNumeric(operand.([]any), v)
		case "anything-but":
			switch operand := operand.(type) {
			case []any:
				for _, o := range operand {
					if naiveEqual(o, v) {
						return false
					}
				}
				return true
			case map[string]any:
				return !isString || !strings.HasPrefix(text, operand["prefix"].(string))
			default:
				return !naiveEqual(operand, v)
			}
		}
	}
	panic("no such operator")
}

func naiveEqual(a, b any) bool {
	m, isNumber := a.(json.Number)
	n, both := b.(json.Number)
	if !isNumber || !both {
		return a == b
	}
	x, farX := naiveNumber(m)
	y, farY := naiveNumber(n)
	return farX == farY && x.Cmp(y) == 0
}

func naiveNumeric(terms []any, v any) bool {
	number, ok := v.(json.Number)
	if !ok {
		return false
	}
	x, far := naiveNumber(number)
	if far {
		return false
	}
	for i := 0; i < len(terms); i += 2 {
		y, _ := naiveNumber(terms[i+1].(json.Number))
		sign := x.Cmp(y)
		if !map[string]bool{"=": sign == 0, "<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0}[terms[i].(string)] {
			return false
		}
	}
	return true
}

// naiveNumber returns a number with five decimals, unless it is too far from zero.
func naiveNumber(n json.Number) (x *big.Rat, far bool) {
	x, _ = new(big.Rat).SetString(string(n))
	limit := big.NewRat(1_000_000_000, 1)
	if new(big.Rat).Abs(x).Cmp(limit) > 0 {
		return x, true
	}
	scaled := new(big.Rat).Mul(x, big.NewRat(100_000, 1))
	floor := new(big.Int).Div(scaled.Num(), scaled.Denom()) // Euclidean: down, as the divisor is positive
	return new(big.Rat).SetFrac(floor, big.NewInt(100_000)), false
}
