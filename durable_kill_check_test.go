package leat_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/sqs"
)

// memory is what is known of a directory by what the processes said that used it.
type memory struct {
	made    map[[2]string]bool
	places  map[string]*place
	shards  map[string]*shardMemory
	tagging int // the last number that may be in the tags
	tagged  int // the last that was acknowledged
	total   map[string]int

	before *memory // of when the last backup was begun
	copied bool    // that backup ended
}

// place is a queue, or those between which messages move.
type place struct {
	queues []string
	once   bool              // each message is there once
	tried  map[string]bool   // ids, of which nothing else is known
	sent   map[string]bool   // ids that were acknowledged
	seen   map[string]bool   // ids that were received
	begun  map[string]bool   // ids that may be deleted
	over   map[string]bool   // ids that are deleted, where each is there once
	got    map[string]string // ids that were received, by their message's id, which a move changes
	begins map[string]string // those that may be deleted
	gone   map[string]bool   // message ids that are deleted
}

type shardMemory struct {
	put, saw   map[kinesis.SequenceNumber]string // what is there, and what was read
	checkpoint kinesis.SequenceNumber
}

func newMemory() *memory {
	m := &memory{made: map[[2]string]bool{}, places: map[string]*place{}, shards: map[string]*shardMemory{}, total: map[string]int{}}
	for _, queues := range [][]string{{jobsQueue}, {ordersQueue, deadQueue}, {newsQueue}, {alertsQueue}, {eventQueue}, {clicksStream}} {
		p := &place{
			queues: queues, once: queues[0] != newsQueue && queues[0] != alertsQueue, tried: map[string]bool{}, sent: map[string]bool{},
			seen: map[string]bool{}, begun: map[string]bool{}, over: map[string]bool{}, got: map[string]string{}, begins: map[string]string{}, gone: map[string]bool{},
		}
		for _, q := range queues {
			m.places[q] = p
		}
	}
	return m
}

// note takes down a line.
func (m *memory) note(t *testing.T, words []string) {
	t.Helper()
	m.total[words[0]]++
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		return n
	}
	switch words[0] {
	case "open":
	case "copying":
		m.before, m.copied = m.clone(), false
	case "copied":
		m.copied = true
	case "made":
		m.made[[2]string{words[1], words[2]}] = true
	case "try":
		m.places[words[1]].tried[words[2]] = true
	case "sent":
		p := m.places[words[1]]
		delete(p.tried, words[2])
		p.sent[words[2]] = true
	case "got":
		p := m.places[words[1]]
		require.False(t, p.gone[words[3]] || p.over[words[2]], "%s of %s was deleted", words[2], words[1])
		p.got[words[3]], p.seen[words[2]] = words[2], true
	case "deleting":
		p := m.places[words[1]]
		delete(p.got, words[3])
		p.begun[words[2]], p.begins[words[3]] = true, words[2]
	case "deleted":
		p := m.places[words[1]]
		p.gone[words[2]], p.over[p.begins[words[2]]] = true, p.once
	case "put":
		m.shard(words[1]).put[numberOf(t, words[2])] = words[3]
	case "saw":
		s, n := m.shard(words[1]), numberOf(t, words[2])
		s.put[n], s.saw[n] = words[3], words[3]
	case "checkpoint":
		s := m.shard(words[1])
		n := numberOf(t, words[2])
		require.Positive(t, n.Compare(s.checkpoint), "checkpoints go forward")
		s.checkpoint = n
	case "tagging":
		m.tagging = number(words[1])
	case "tagged":
		m.tagged = number(words[1])
	default:
		t.Fatalf("%q is no line", words)
	}
}

func numberOf(t *testing.T, text string) (n kinesis.SequenceNumber) {
	require.NoError(t, n.UnmarshalText([]byte(text)))
	return n
}

func (m *memory) shard(id string) *shardMemory {
	if m.shards[id] == nil {
		m.shards[id] = &shardMemory{put: map[kinesis.SequenceNumber]string{}, saw: map[kinesis.SequenceNumber]string{}}
	}
	return m.shards[id]
}

func (m *memory) clone() *memory {
	c := newMemory()
	c.made, c.tagging, c.tagged = maps.Clone(m.made), m.tagging, m.tagged
	for name, p := range m.places {
		*c.places[name] = place{
			p.queues, p.once, maps.Clone(p.tried), maps.Clone(p.sent), maps.Clone(p.seen), maps.Clone(p.begun), maps.Clone(p.over),
			maps.Clone(p.got), maps.Clone(p.begins), maps.Clone(p.gone),
		}
	}
	for id, s := range m.shards {
		c.shards[id] = &shardMemory{maps.Clone(s.put), maps.Clone(s.saw), s.checkpoint}
	}
	return c
}

// backup returns what is known of a backup: all that had been before it was begun, and perhaps
// what was done later.
func (m *memory) backup() *memory {
	c := m.before.clone()
	c.tagging = m.tagging
	for name, p := range m.places {
		q := c.places[name]
		maps.Copy(q.tried, p.tried)
		maps.Copy(q.tried, p.sent)
		q.seen, q.begun = maps.Clone(p.seen), maps.Clone(p.begun)
		clear(q.begins)
		for message, id := range p.begins {
			q.begins[message] = id
			delete(q.got, message)
		}
	}
	for id, s := range m.shards {
		c.shard(id).saw = maps.Clone(s.saw)
	}
	return c
}

// check opens the directory, and looks for everything.
func (m *memory) check(t *testing.T, v *victim, dir string) {
	t.Helper()
	cfg := v.config()
	cfg.Dir = dir
	c, err := leat.New(cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	require.Empty(t, c.Recovery().Dropped)
	for made := range m.made {
		switch made[0] {
		case "queue":
			_, err = c.SQS().Queue(made[1])
		case "topic":
			_, err = c.SNS().Topic(made[1])
		case "stream":
			_, err = c.Kinesis().Stream(made[1])
		}
		require.NoError(t, err)
	}
	if len(m.made) < 9 {
		return // it was killed while it made them
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, c.SNS().Flush(ctx), "what was published is delivered")
	dead, err := c.SQS().Queue(deadQueue)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		tasks, err := c.SQS().ListMessageMoveTasks(dead.ARN(), 1)
		return err == nil && (len(tasks) == 0 || tasks[0].Status != sqs.MoveRunning)
	}, 20*time.Second, time.Millisecond, "the move of dead letters goes on, and ends")
	if dir == v.Dir {
		m.sendAgain(t, c)
	}
	for _, name := range []string{jobsQueue, ordersQueue, newsQueue, alertsQueue, eventQueue} {
		m.checkQueues(t, c, m.places[name])
	}
	m.checkStream(t, c)
	m.checkTags(t, c)
}

// sendAgain tries the orders again of which it is not known whether they were sent, as a sender
// would.
func (m *memory) sendAgain(t *testing.T, c *leat.Cloud) {
	t.Helper()
	p := m.places[ordersQueue]
	q, err := c.SQS().Queue(ordersQueue)
	require.NoError(t, err)
	for _, id := range slices.SortedFunc(maps.Keys(p.tried), func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) }) {
		_, err := q.Send(t.Context(), order(id))
		require.NoError(t, err)
		p.sent[id] = true
	}
	clear(p.tried)
}

func (m *memory) checkQueues(t *testing.T, c *leat.Cloud, p *place) {
	t.Helper()
	found, present, last := map[string]int{}, map[string]bool{}, map[string]int{}
	for _, name := range p.queues {
		q, err := c.SQS().Queue(name)
		require.NoError(t, err)
		messages := q.Peek(1 << 30)
		if q.Config().FIFO {
			slices.SortFunc(messages, func(a, b sqs.PeekedMessage) int { return strings.Compare(a.SequenceNumber, b.SequenceNumber) })
		}
		for _, message := range messages {
			id, whole := idOf(message.Body)
			require.True(t, whole, "%s: %q", name, message.Body)
			require.True(t, p.sent[id] || p.tried[id] || p.begun[id], "%s: nobody has sent %s", name, id)
			require.False(t, p.gone[message.ID] || p.over[id], "%s: %s was deleted", name, id)
			require.False(t, present[message.ID], "%s: %s is there twice", name, message.ID)
			found[id]++
			present[message.ID] = true
			// Those that were received may have been moved, and are behind the others then.
			if group := groupOf(id); q.Config().FIFO && !p.seen[id] {
				n, err := strconv.Atoi(id[len(group)+1:])
				require.NoError(t, err)
				require.Greater(t, n, last[group], "%s: group %s", name, group)
				last[group] = n
			}
		}
	}
	for id := range p.sent {
		switch n := found[id]; {
		case n == 0 && !p.begun[id]:
			t.Errorf("%s: %s was acknowledged and is lost", p.queues, id)
		case n > 1 && p.once:
			t.Errorf("%s: %s is there %d times", p.queues, id, n)
		}
	}
	for id := range p.tried {
		require.True(t, found[id] <= 1 || !p.once, "%s: %s is there %d times", p.queues, id, found[id])
	}
	for message, id := range p.got {
		require.True(t, present[message] || p.once && (p.begun[id] || found[id] == 1), "%s: %s was received, not deleted, and is lost", p.queues, id)
	}
	for message, id := range p.begins { // which are over now
		if !present[message] {
			p.gone[message] = true
			if p.once {
				delete(p.sent, id)
			}
		}
	}
	clear(p.begins)
}

// checkStream looks for each record that was put, or seen, and that the stream need not have
// given up.
func (m *memory) checkStream(t *testing.T, c *leat.Cloud) {
	t.Helper()
	stream, err := c.Kinesis().Stream(clicksStream)
	require.NoError(t, err)
	leases, err := c.Kinesis().Leases().List(t.Context(), readersGroup)
	require.NoError(t, err)
	checkpoints := map[string]kinesis.SequenceNumber{}
	for _, l := range leases {
		checkpoints[l.ShardID] = l.Checkpoint.SequenceNumber
	}
	shards, err := stream.Shards(t.Context())
	require.NoError(t, err)
	require.Len(t, shards, 2)
	bytes, given, seen := 0, 0, map[string]bool{}
	for _, shard := range shards {
		s := m.shard(shard.ID)
		batch, err := stream.Peek(shard.ID, kinesis.Position{}, 1<<30)
		require.NoError(t, err)
		there, last, before := map[kinesis.SequenceNumber]string{}, kinesis.SequenceNumber{}, map[string][2]int{}
		for _, r := range batch.Records {
			id, whole := idOf(string(r.Data))
			require.True(t, whole, "%s: %q", shard.ID, r.Data)
			require.False(t, seen[id], "%s: %s is there twice", shard.ID, id)
			require.Positive(t, r.SequenceNumber.Compare(last))
			last = r.SequenceNumber
			there[last], seen[id] = id, true
			bytes += len(r.Data) + len(r.PartitionKey)
			var round, worker, n int
			_, err := fmt.Sscanf(id, "%d.%d.%d", &round, &worker, &n)
			require.NoError(t, err)
			who := fmt.Sprint(worker)
			require.True(t, before[who][0] < round || before[who][0] == round && before[who][1] < n, "%s: %s is behind %v", shard.ID, id, before[who])
			before[who] = [2]int{round, n}
			if n := r.SequenceNumber; n.Compare(checkpoints[shard.ID]) <= 0 {
				require.Equal(t, id, s.saw[n], "%s: it is before the checkpoint", shard.ID)
			}
		}
		for n, id := range s.put {
			if len(batch.Records) == 0 || n.Compare(batch.Records[0].SequenceNumber) < 0 {
				delete(s.put, n)
				delete(s.saw, n)
				given++
			} else if there[n] != id {
				t.Errorf("%s: %s is %q, and should be %q", shard.ID, n, there[n], id)
			}
		}
		require.GreaterOrEqual(t, checkpoints[shard.ID].Compare(s.checkpoint), 0, "%s: the checkpoint was %s and is %s", shard.ID, s.checkpoint, checkpoints[shard.ID])
		s.checkpoint = checkpoints[shard.ID]
	}
	require.True(t, given == 0 || bytes > retainedBytes-10<<10, "%d records were given up, though there are %d bytes", given, bytes)
}

func (m *memory) checkTags(t *testing.T, c *leat.Cloud) {
	t.Helper()
	q, err := c.SQS().Queue(jobsQueue)
	require.NoError(t, err)
	topic, err := c.SNS().Topic(newsTopic)
	require.NoError(t, err)
	stream, err := c.Kinesis().Stream(clicksStream)
	require.NoError(t, err)
	for _, tags := range []map[string]string{q.Tags(), topic.Tags(), stream.Tags()} {
		if m.tagging == 0 {
			continue // there was none yet
		}
		n, _ := strconv.Atoi(tags["n"])
		require.True(t, m.tagged <= n && n <= m.tagging, "%d is not from %d to %d", n, m.tagged, m.tagging)
	}
}
