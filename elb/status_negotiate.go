package elb

import (
	"mime"
	"strconv"
	"strings"
)

// The formats of a status page.
const (
	formatHTML = "html"
	formatJSON = "json"
)

// preferredFormat returns the format that an Accept header prefers; "" if it allows
// neither. The most specific range that covers a format gives its weight. Of formats of the
// same weight it is the one that is named the more specifically, and else HTML. (RFC 9110,
// section 12.5.1.)
func preferredFormat(accept []string) string {
	if len(accept) == 0 {
		return formatHTML
	}
	ranges := strings.Split(strings.Join(accept, ","), ",")
	html, htmlMatch := acceptance(ranges, "text", "html")
	data, dataMatch := acceptance(ranges, "application", "json")
	switch {
	case html <= 0 && data <= 0:
		return ""
	case data > html || data == html && dataMatch > htmlMatch:
		return formatJSON
	default:
		return formatHTML
	}
}

// acceptance returns the weight of a media type, and how specific the range was that gave
// it. A range with other parameters than q is for another type; one that can not be read
// is for none.
func acceptance(ranges []string, kind, subtype string) (q float64, specific int) {
	for _, text := range ranges {
		name, params, err := mime.ParseMediaType(text)
		if err != nil {
			continue
		}
		match := 0
		switch name {
		case kind + "/" + subtype:
			match = 3
		case kind + "/*":
			match = 2
		case "*/*":
			match = 1
		}
		weight := 1.0
		if given, ok := params["q"]; ok {
			if weight, err = strconv.ParseFloat(given, 64); err != nil || !(weight >= 0 && weight <= 1) {
				continue
			}
		}
		if delete(params, "q"); params["charset"] == "utf-8" {
			delete(params, "charset")
		}
		if match > specific && len(params) == 0 {
			q, specific = weight, match
		}
	}
	return q, specific
}
