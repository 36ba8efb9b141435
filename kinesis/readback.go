package kinesis

import (
	"errors"
	"fmt"
	"sync"

	"github.com/leat-go/leat/internal/journal"
)

const (
	// readAtOnce is how many bytes are read from a journal at once, unless a record is
	// larger.
	readAtOnce = 1 << 20
	// readAcross is how many bytes that nobody wants are read rather than reading once
	// more.
	readAcross = 4 << 10
)

// scratchReads has memory to read into what is copied from there.
var scratchReads = sync.Pool{New: func() any { return new([]byte) }}

// readBack reads the keys and the data of the first records of a batch, which are cold.
// It holds no lock. It reports gone if a record is not where it was, because it is too old
// now.
func (s *LocalStream) readBack(op string, records []Record, cold []coldRecord) (gone bool, err error) {
	scratch := scratchReads.Get().(*[]byte)
	defer scratchReads.Put(scratch)
	var keys []byte
	ends := make([]int, 0, len(cold)) // of the keys
	for from := 0; from < len(cold); {
		n, whole, useful := stretch(cold[from:])
		into, sparse := []byte(nil), 2*useful < int(whole.Size)
		if sparse { // most of it is not wanted, and must not be kept
			into = *scratch
		}
		b, err := s.disk.journal.Read(whole, into)
		switch {
		case errors.Is(err, journal.ErrGone):
			return true, nil
		case err != nil:
			return false, s.storageErr(op, err)
		}
		var own []byte
		if sparse {
			*scratch, own = b, make([]byte, 0, useful)
		}
		for i, c := range cold[from : from+n] {
			r := &records[from+i]
			at := c.place.Offset - whole.Offset
			key, data, ok := decodeRecord(b[at:at+c.place.Size], recordStampOf{r.SequenceNumber.n.Shard(), c.index, c.arrived})
			if !ok {
				return false, s.storageErr(op, &journal.Error{
					Op: "Read", Offset: int64(c.place.Offset), Err: journal.ErrCorrupt,
					Detail: fmt.Sprintf("segment %d of the stream does not have record %s there", c.place.Segment, r.SequenceNumber),
				})
			}
			keys = append(keys, key...)
			ends = append(ends, len(keys))
			if sparse {
				begin := len(own)
				own = append(own, data...)
				data = own[begin:]
			}
			r.Data = data[:len(data):len(data)]
		}
		from += n
	}
	all, begin := string(keys), 0
	for i, end := range ends {
		records[i].PartitionKey = all[begin:end]
		begin = end
	}
	return false, nil
}

// stretch returns how many of the records can be read at once, where they are together,
// and how many bytes of that they are.
func stretch(cold []coldRecord) (n int, whole journal.Place, useful int) {
	whole = cold[0].place
	useful = int(whole.Size)
	for n = 1; n < len(cold); n++ {
		p := cold[n].place
		end := whole.Offset + whole.Size
		size := p.Offset + p.Size - whole.Offset
		if p.Segment != whole.Segment || p.Offset < end || p.Offset-end > readAcross || size > readAtOnce {
			break
		}
		whole.Size = size
		useful += int(p.Size)
	}
	return n, whole, useful
}
