package kinesis

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/leat-go/leat/internal/journal"
)

// A record of a stream is in its journal as
//
//	 0  factRecord
//	 1  the index of the shard
//	 5  its own index in the shard
//	13  when it arrived, in milliseconds since 1970
//	21  the length of the partition key in bytes
//	23  the partition key, and the data
//	    CRC32C of all from 21 on
//
// All numbers are little-endian. What comes before 21 becomes known when the stream is
// locked, so it is not in the sum: it is compared with what memory has.
const (
	recordStamp  = 21
	recordHeader = 23
	recordSum    = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sizeOnDisk returns how many bytes a record with such a key and such data has on disk.
func sizeOnDisk(key, data int) int { return recordHeader + key + data + recordSum }

// sizeAt returns how many bytes of key and data the record at a place has.
func sizeAt(p journal.Place) int64 { return max(int64(p.Size)-recordHeader-recordSum, 0) }

// encodeRecord writes a record but for its stamp to b, which has sizeOnDisk bytes, and
// returns the data in it.
func encodeRecord(b []byte, key string, data []byte) []byte {
	b[0] = factRecord
	binary.LittleEndian.PutUint16(b[recordStamp:], uint16(len(key)))
	copy(b[recordHeader:], key)
	from, end := recordHeader+len(key), len(b)-recordSum
	copy(b[from:end], data)
	binary.LittleEndian.PutUint32(b[end:], crc32.Checksum(b[recordStamp:end], castagnoli))
	return b[from:end:end]
}

// stampRecord completes what encodeRecord has written.
func stampRecord(b []byte, shard int, index, arrived int64) {
	binary.LittleEndian.PutUint32(b[1:], uint32(shard))
	binary.LittleEndian.PutUint64(b[5:], uint64(index))
	binary.LittleEndian.PutUint64(b[13:], uint64(arrived))
}

// A recordStampOf is the stamp of a record.
type recordStampOf struct {
	shard          int
	index, arrived int64
}

// decodeStamp reads the stamp of a record. It reports false if b can not be a record.
func decodeStamp(b []byte) (s recordStampOf, ok bool) {
	if len(b) < recordHeader+recordSum || b[0] != factRecord {
		return s, false
	}
	s = recordStampOf{
		int(binary.LittleEndian.Uint32(b[1:])), int64(binary.LittleEndian.Uint64(b[5:])), int64(binary.LittleEndian.Uint64(b[13:])),
	}
	key := int(binary.LittleEndian.Uint16(b[recordStamp:]))
	return s, recordHeader+key+recordSum <= len(b) && s.index > 0 && s.index < maxIndex && s.arrived >= 0 && s.arrived < maxMillis
}

const (
	maxIndex  = 1 << 48 // of records in a shard; a sequence number has room for more
	maxMillis = 1 << 44 // some 500 years since 1970
)

// decodeRecord reads a record back, whose key and data share b. It reports false if b
// is not the record with this stamp as it was written.
func decodeRecord(b []byte, want recordStampOf) (key, data []byte, ok bool) {
	stamp, ok := decodeStamp(b)
	if !ok || stamp != want {
		return nil, nil, false
	}
	end := len(b) - recordSum
	if crc32.Checksum(b[recordStamp:end], castagnoli) != binary.LittleEndian.Uint32(b[end:]) {
		return nil, nil, false
	}
	from := recordHeader + int(binary.LittleEndian.Uint16(b[recordStamp:]))
	return b[recordHeader:from], b[from:end:end], true
}
