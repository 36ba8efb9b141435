package kinesis_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// drive runs commands on a stream, on the engine's and on the model's, and fails when
// they differ. Every choice is read from data, so a failure repeats, and fuzzing can
// look for one. It runs in a synctest bubble.
type drive struct {
	t         *testing.T
	data      []byte // the choices not yet made
	stream    *kinesis.LocalStream
	disk      *durableDrive // nil in memory
	model     *model
	followers []*follower
	waiters   []*waiter
	marks     []mark         // positions that were given out
	sent      map[string]int // records by key, that were accepted
	numbers   map[string]kinesis.SequenceNumber
	trace     []string
	driveCounts
}

// mark is a position, and what it means.
type mark struct {
	shard    *modelShard
	position kinesis.Position
	index    int
}

// driveCounts says what a drive did; a drive that did nothing proves nothing.
type driveCounts struct {
	commands, put, refused, throttled, reads, read, waited, inVain, ends, splits, merges, rescales, changes, busy, followed, trimmed, evicted, expired int
}

func (c *driveCounts) add(o driveCounts) {
	c.commands += o.commands
	c.put += o.put
	c.refused += o.refused
	c.throttled += o.throttled
	c.reads += o.reads
	c.read += o.read
	c.waited += o.waited
	c.inVain += o.inVain
	c.ends += o.ends
	c.splits += o.splits
	c.merges += o.merges
	c.rescales += o.rescales
	c.changes += o.changes
	c.busy += o.busy
	c.followed += o.followed
	c.trimmed += o.trimmed
	c.evicted += o.evicted
	c.expired += o.expired
}

func (c driveCounts) String() string {
	return fmt.Sprintf("%d commands: %d records put, %d refused, %d requests throttled, %d reads of %d records, %d waited for, %d in vain, %d ends of shards, "+
		"%d splits, %d merges, %d changes of the shard count, %d of settings, %d refused as the stream was updating, %d records followed across resharding, "+
		"%d gone by time, %d by bytes, %d shards expired",
		c.commands, c.put, c.refused, c.throttled, c.reads, c.read, c.waited, c.inVain, c.ends, c.splits, c.merges, c.rescales, c.changes, c.busy, c.followed,
		c.trimmed, c.evicted, c.expired)
}

var (
	driveRetentions = []time.Duration{24 * time.Hour, 20 * time.Second, 365 * 24 * time.Hour, 24 * time.Hour, 10 * time.Minute}
	driveBytes      = []int64{0, 0, 0, 0, 2000, 100}
	driveSizes      = []int{1 << 20, 40, 7}
	driveShards     = []int{1, 2, 3, 5}
	driveTransition = []time.Duration{0, 0, 3 * time.Second}
	driveSteps      = []time.Duration{
		0, 300 * time.Microsecond, time.Millisecond, 20 * time.Millisecond, 70 * time.Millisecond, 200 * time.Millisecond,
		time.Second, 5 * time.Second, time.Minute, time.Hour, 12 * time.Hour,
	}
	driveKeys = []string{"a", "b", "c", "d", "ü"}
)

const driveFollowers = 3

// runDrive spends data on a stream whose settings are the first choices.
func runDrive(t *testing.T, data []byte) driveCounts { return driveOn(t, &drive{data: data}) }

func driveOn(t *testing.T, d *drive) driveCounts {
	d.t, d.sent, d.numbers = t, map[string]int{}, map[string]kinesis.SequenceNumber{}
	defer func() {
		if t.Failed() {
			t.Logf("what led there, the last %d commands of %d:\n%s", min(len(d.trace), 60), len(d.trace), strings.Join(d.trace[max(0, len(d.trace)-60):], "\n"))
		}
	}()
	d.create()
	for len(d.data) > 0 {
		d.step()
	}
	d.finish()
	d.trimmed, d.evicted, d.expired = d.model.trimmed, d.model.evicted, d.model.expired
	return d.driveCounts
}

// pick makes a choice of n; 0 when there are no choices left.
func (d *drive) pick(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	c := int(d.data[0]) % n
	d.data = d.data[1:]
	return c
}

func choose[T any](d *drive, from []T) T { return from[d.pick(len(from))] }

func (d *drive) log(format string, args ...any) {
	d.trace = append(d.trace, fmt.Sprintf("%s  ", time.Now().UTC().Format("01-02 15:04:05.999999999"))+fmt.Sprintf(format, args...))
}

func (d *drive) create() {
	d.model = &model{
		retention: choose(d, driveRetentions), retentionBytes: choose(d, driveBytes), recordSize: choose(d, driveSizes),
		transition: choose(d, driveTransition), limited: d.pick(4) == 0,
	}
	cfg := kinesis.Config{
		ShardCount: choose(d, driveShards), RetentionPeriod: d.model.retention, RetentionBytes: d.model.retentionBytes,
		MaxRecordSize: d.model.recordSize, TransitionTime: d.model.transition, EnforceLimits: d.model.limited, Relaxed: true,
	}
	d.log("create %+v", cfg)
	var err error
	if d.disk != nil {
		d.stream = d.disk.create(d, cfg)
	} else {
		d.stream, err = kinesis.New("stream", cfg)
		require.NoError(d.t, err)
		d.t.Cleanup(func() { d.stream.Close() })
	}
	shards, err := d.stream.Shards(d.t.Context())
	require.NoError(d.t, err)
	if d.model.transition > 0 {
		require.Empty(d.t, shards, "there are none while the stream is CREATING")
		_, err := d.stream.Put(d.t.Context(), kinesis.Entry{PartitionKey: "k"})
		require.ErrorIs(d.t, err, kinesis.ErrResourceNotFound)
		time.Sleep(d.model.transition)
	}
	d.learn(cfg.ShardCount)
	for range driveFollowers {
		d.followers = append(d.followers, &follower{positions: map[string]mark{}, ended: map[string]bool{}, seen: map[string]bool{}, last: map[string]int{}})
	}
}

func (d *drive) step() {
	d.commands++
	if d.disk != nil && d.pick(10) == 0 {
		d.disk.reopen(d)
	}
	switch d.pick(24) {
	case 0, 1, 2, 3, 4, 5:
		d.putSome()
	case 6, 7, 8, 9:
		d.readSome()
	case 10, 11, 12:
		d.follow(d.followers[d.pick(driveFollowers)], 1+d.pick(4))
	case 13, 14:
		d.wait()
	case 15, 16, 17, 18:
		d.sleep()
		return // what has become due meanwhile is for the next command to notice
	case 19:
		d.split()
	case 20:
		d.merge()
	case 21:
		if d.pick(3) == 0 {
			d.rescale()
		}
	case 22:
		d.configure()
	case 23:
		d.rare()
	}
	d.settle()
	if d.pick(2) == 0 {
		d.compare()
	}
}

// sleep lets time pass: a little, much, or until something happens, or just before.
func (d *drive) sleep() {
	step := time.Duration(0)
	switch c := d.pick(len(driveSteps) + 2); c {
	case len(driveSteps), len(driveSteps) + 1:
		var next time.Time
		for _, sh := range d.model.shards {
			for _, r := range sh.kept() {
				if end := r.ArrivalTime.Add(d.model.retention); next.IsZero() || end.Before(next) {
					next = end
				}
			}
		}
		if next.IsZero() {
			return
		}
		step = max(0, time.Until(next)-time.Duration(len(driveSteps)+1-c))
	default:
		step = driveSteps[c]
	}
	d.log("sleep %v", step)
	time.Sleep(step)
	d.settle()
}

// finish reads everything that is left, and checks what each follower got: every record
// once, but for those that were gone before it came there, and those of a key in order.
func (d *drive) finish() {
	time.Sleep(time.Second + d.model.transition)
	d.settle()
	if d.pick(2) == 0 {
		d.compare()
	}
	for _, f := range d.followers {
		for before := -1; len(f.seen)+len(f.ended) > before; {
			before = len(f.seen) + len(f.ended)
			for range 40 {
				d.follow(f, 100)
				time.Sleep(time.Second) // for the limits
			}
		}
		for _, sh := range d.model.shards {
			for _, r := range sh.records {
				require.True(d.t, r.gone || f.seen[string(r.Data)+"/"+r.SequenceNumber.String()], "a follower missed %q of %s", r.Data, sh.ID)
			}
		}
		d.followed += len(f.seen)
	}
	time.Sleep(2 * time.Hour) // the last waiters' time is over
	d.settle()
	require.Empty(d.t, d.waiters)
}

// settle lets those who wait go on, and compares what they got.
func (d *drive) settle() {
	synctest.Wait()
	d.waiters = slices.DeleteFunc(d.waiters, d.over)
}
