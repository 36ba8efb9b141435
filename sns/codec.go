package sns

import (
	"encoding/binary"
	"errors"

	"github.com/leat-go/leat/internal/fields"
)

// packer writes what a fact consists of.
type packer struct{ b []byte }

func (p *packer) byte(v byte)               { p.b = append(p.b, v) }
func (p *packer) uint(v uint64)             { p.b = fields.AppendUints(p.b, v) }
func (p *packer) int(v int64)               { p.b = binary.AppendVarint(p.b, v) }
func (p *packer) text(s string)             { p.b = fields.AppendText(p.b, s) }
func (p *packer) bool(v bool)               { p.b = fields.AppendBool(p.b, v) }
func (p *packer) texts(m map[string]string) { p.b = fields.AppendTexts(p.b, m) }

// errMalformed is of a record that is not one of this package's. The journal has
// checked its sum, so it was written like this.
var errMalformed = errors.New("sns: a malformed record")
