package filter

import (
	"strings"

	"github.com/leat-go/leat/sqs"
)

// A Message is one published message, to be matched with any number of policies. Its
// zero value is a message without body and attributes. It is for one goroutine at a
// time, and is worth keeping for the next message.
type Message struct {
	body       string
	attributes map[string]sqs.Attribute

	decoded bool // whether doc is body's
	invalid bool // of body
	badAttr bool
	doc     document
	array   document // of an attribute
	view    view
}

// Reset makes m another message. The attributes must not change while it is in use.
// The empty message keeps nothing of earlier ones alive.
func (m *Message) Reset(body string, attributes map[string]sqs.Attribute) {
	m.body, m.attributes = body, attributes
	m.decoded, m.invalid, m.badAttr = false, false, false
	m.doc.forget()
	m.array.forget()
}

// BodyInvalid tells whether a policy has asked for the body since Reset and found
// that it is no JSON object.
func (m *Message) BodyInvalid() bool { return m.invalid }

// AttributesInvalid tells whether a policy has asked since Reset for an attribute that
// is not what its type says: a String.Array that is no JSON array, or a Number that
// is no number.
func (m *Message) AttributesInvalid() bool { return m.badAttr }

// look collects the leaves that have names. The view must be reset after use.
func (m *Message) look(n *names) *view {
	v := &m.view
	v.start(len(n.all))
	if len(n.attributes) > 0 {
		m.lookAtAttributes(n)
	}
	if n.bodies > 0 {
		if !m.decoded {
			m.decoded = true
			m.invalid = !m.doc.parse(m.body) || !m.doc.isObject()
		}
		v.noBody = m.invalid
		if !m.invalid {
			v.object(&m.doc, 0, n.body, root)
		}
	}
	return v
}

func (m *Message) lookAtAttributes(n *names) {
	for key, a := range m.attributes {
		base, label, _ := strings.Cut(a.DataType, ".")
		if base != "String" && base != "Number" {
			continue
		}
		m.view.anyAttribute = true
		name := n.attributes[key]
		if name == nil {
			continue
		}
		v := value{kind: kindString, text: a.Value}
		switch {
		case label == "Array":
			if m.array.parse(a.Value) && m.array.nodes[0].kind == kindArray {
				m.view.values(&m.array, 0, name, root)
				continue
			}
			v = value{}
		case base == "Number":
			v, _ = parseNumber(a.Value)
		}
		m.badAttr = m.badAttr || v.kind == kindMalformed
		m.view.add(name, v, root)
	}
}
