package kinesis

import "time"

// streamRow is what a service's journal knows of a stream. The rest is in the stream's own.
type streamRow struct {
	number int64
	arn    arn
}

func (s streamRow) fact() fact {
	return fact{factStream}.int(s.number).string(s.arn.region).string(s.arn.account).string(s.arn.name)
}

func decodeStream(b []byte) (s streamRow, err error) {
	r := readFact(b)
	s.number = r.within(1, maxIndex)
	s.arn = arn{region: r.Text(), account: r.Text(), name: r.Text()}
	return s, r.err()
}

// streamGoneFact says that there is no stream of a number any more, unless one comes
// after it. New streams have greater numbers.
func streamGoneFact(number int64) fact { return fact{factStreamGone}.int(number) }

func decodeStreamGone(b []byte) (number int64, err error) {
	r := readFact(b)
	number = r.within(0, maxIndex)
	return number, r.err()
}

func accountFact(at place, a AccountSettings) fact {
	return fact{factAccount}.string(at.region).string(at.account).string(a.CommitmentStatus).time(a.StartedAt).time(a.EndedAt).time(a.EarliestAllowedEndAt)
}

func decodeAccount(b []byte) (at place, a AccountSettings, err error) {
	r := readFact(b)
	at = place{r.Text(), r.Text()}
	a = AccountSettings{CommitmentStatus: r.Text(), StartedAt: r.time(), EndedAt: r.time(), EarliestAllowedEndAt: r.time()}
	return at, a, r.err()
}

// time writes a time to the nanosecond; the zero time is one of its own.
func (f fact) time(t time.Time) fact {
	if t.IsZero() {
		return f.bool(false)
	}
	return f.bool(true).int(t.Unix()).int(int64(t.Nanosecond()))
}

func (r *factReader) time() time.Time {
	if !r.Bool() {
		return time.Time{}
	}
	return time.Unix(r.Int(), r.within(0, 999_999_999))
}

// leaseFact says that a group has a lease.
func leaseFact(group string, l *Lease) fact {
	f := fact{factLease}.string(group).string(l.ShardID).string(l.Owner).int(l.Counter).int(l.Epoch).string(l.RequestedBy)
	c := &l.Checkpoint
	f = f.string(string(c.Type)).string(c.SequenceNumber.String()).int(int64(c.SubSequenceNumber)).time(c.Timestamp)
	f = f.strings(l.Parents)
	keys := l.HashKeyRange
	return f.fixed(keys.Start.Hi).fixed(keys.Start.Lo).fixed(keys.End.Hi).fixed(keys.End.Lo)
}

func decodeLease(b []byte) (group string, l Lease, err error) {
	r := readFact(b)
	group = r.Text()
	l = Lease{ShardID: r.Text(), Owner: r.Text(), Counter: r.Int(), Epoch: r.Int(), RequestedBy: r.Text()}
	c := &l.Checkpoint
	c.Type = PositionType(r.Text())
	if number := r.Text(); number != "0" {
		if c.SequenceNumber, err = ParseSequenceNumber(number); err != nil {
			r.Fail()
		}
	}
	c.SubSequenceNumber, c.Timestamp = int(r.Int()), r.time()
	l.Parents = r.strings()
	l.HashKeyRange = HashKeyRange{HashKey{r.fixed(), r.fixed()}, HashKey{r.fixed(), r.fixed()}}
	return group, l, r.err()
}

// leaseGoneFact says that a group has no lease of a shard.
func leaseGoneFact(group, shardID string) fact {
	return fact{factLeaseGone}.string(group).string(shardID)
}

func decodeLeaseGone(b []byte) (group, shardID string, err error) {
	r := readFact(b)
	group, shardID = r.Text(), r.Text()
	return group, shardID, r.err()
}
