package elb

import "strings"

// wildcard is a compiled pattern in which "*" stands for any bytes and "?" for one. It
// is cut at its stars. Between two of them the first place that fits is as good as any
// other, as what follows finds the most left to choose from; so nothing is ever tried
// again, and the time is at most the text's length times the pattern's.
type wildcard struct {
	first  segment   // before the first star, or all if there is none
	middle []segment // between stars
	last   segment   // after the last star
	star   bool
	fold   bool // the text's case is ignored, and the pattern is in lower case
	least  int  // the length of the segments together
	count  int  // how many wildcards there are
}

// segment is a piece of a pattern without stars. anyByte in it stands for any byte.
type segment struct {
	text  string
	plain bool // there is no anyByte
}

// anyByte is what a "?" becomes. No pattern contains it otherwise.
const anyByte = 0

// compileWildcard compiles a pattern. If escapes, a backslash takes the meaning from
// the wildcard that follows. If fold, the pattern matches text in any case.
func compileWildcard(pattern string, escapes, fold bool) wildcard {
	w := wildcard{fold: fold}
	var segments []segment
	var b []byte
	cut := func() {
		segments = append(segments, segment{text: string(b), plain: strings.IndexByte(string(b), anyByte) < 0})
		w.least += len(b)
		b = b[:0]
	}
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case escapes && isEscape(pattern[i:]):
			i++
			b = append(b, pattern[i])
		case c == '*':
			w.count++
			cut()
		case c == '?':
			w.count++
			b = append(b, anyByte)
		case fold:
			b = append(b, foldedASCII[c])
		default:
			b = append(b, c)
		}
	}
	cut()
	w.first, w.star = segments[0], len(segments) > 1
	if !w.star {
		return w
	}
	w.middle, w.last = segments[1:len(segments)-1], segments[len(segments)-1]
	return w
}

// isEscape tells whether a pattern begins with a wildcard that is to be taken
// literally.
func isEscape(pattern string) bool {
	return len(pattern) > 1 && pattern[0] == '\\' && (pattern[1] == '*' || pattern[1] == '?')
}

func (w *wildcard) match(text string) bool {
	if !w.star {
		return len(text) == w.least && w.first.is(text, w.fold)
	}
	if len(text) < w.least || !w.first.is(text[:len(w.first.text)], w.fold) {
		return false
	}
	end := len(text) - len(w.last.text)
	if !w.last.is(text[end:], w.fold) {
		return false
	}
	text = text[len(w.first.text):end]
	for i := range w.middle {
		at := w.middle[i].find(text, w.fold)
		if at < 0 {
			return false
		}
		text = text[at+len(w.middle[i].text):]
	}
	return true
}

// is compares a segment with a text of its length.
func (s *segment) is(text string, fold bool) bool {
	if s.plain && !fold {
		return s.text == text
	}
	for i := range len(text) {
		c := text[i]
		if fold {
			c = foldedASCII[c]
		}
		if want := s.text[i]; want != c && want != anyByte {
			return false
		}
	}
	return true
}

// find returns the first place of a segment in a text, or -1.
func (s *segment) find(text string, fold bool) int {
	if s.plain && !fold {
		return strings.Index(text, s.text)
	}
	for at := 0; at+len(s.text) <= len(text); at++ {
		if s.is(text[at:at+len(s.text)], fold) {
			return at
		}
	}
	return -1
}
