package kinesis_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// tale is the world that a script acts in.
type tale struct {
	t       *testing.T
	begin   time.Time
	service *kinesis.Service
	stream  *kinesis.LocalStream
	numbers []kinesis.SequenceNumber // the first is n1
	places  map[string]kinesis.Position
	polls   map[string]func() string
}

// taleArgs are the words of a command: names, then options such as max=10.
type taleArgs struct {
	words   []string
	options map[string]string
}

func newTale(t *testing.T) *tale {
	service, err := kinesis.NewService(kinesis.ServiceConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { service.Close() })
	return &tale{t: t, begin: time.Now(), service: service, places: map[string]kinesis.Position{}, polls: map[string]func() string{}}
}

func (s *tale) run(line string) string {
	a := taleArgs{options: map[string]string{}}
	for _, word := range strings.Fields(line) {
		if key, value, ok := strings.Cut(word, "="); ok {
			a.options[key] = value
		} else {
			a.words = append(a.words, word)
		}
	}
	commands := map[string]func(taleArgs) string{
		"stream":    s.create,    // stream [shards=] [mode=] [retention=] [bytes=] [size=] [limits=on] [transition=] [relaxed=on]
		"put":       s.put,       // put DATA… key= [hash=] [times=] [bytes=]
		"read":      s.read,      // read SHARD [from=] [max=] [maxbytes=] [wait=] [as=NAME, where to go on]
		"poll":      s.poll,      // poll SHARD as=NAME …: a read that goes on while the script does
		"result":    s.result,    // result NAME: waits for that
		"split":     s.split,     // split SHARD [at=]: in halves, or at a hash key
		"merge":     s.merge,     // merge SHARD SHARD
		"count":     s.count,     // count TARGET: UpdateShardCount
		"shards":    s.shards,    // shards [filter=] [at=]
		"summary":   s.summary,   //
		"retention": s.retention, // retention DURATION
		"size":      s.size,      // size BYTES: MaxRecordSize
		"mode":      s.mode,      // mode PROVISIONED or ON_DEMAND
		"delete":    s.delete,    //
		"sleep":     s.sleep,     // sleep DURATION
	}
	command, ok := commands[a.words[0]]
	require.True(s.t, ok, "no such command: %s", line)
	a.words = a.words[1:]
	answer := command(a)
	synctest.Wait()
	return answer
}

func (s *tale) duration(a taleArgs, key string) time.Duration {
	if a.options[key] == "" {
		return 0
	}
	return s.parseDuration(a.options[key])
}

func (s *tale) parseDuration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	require.NoError(s.t, err)
	return d
}

func (s *tale) number(a taleArgs, key string, otherwise int) int {
	if a.options[key] == "" {
		return otherwise
	}
	return s.atoi(a.options[key])
}

func (s *tale) atoi(text string) int {
	n, err := strconv.Atoi(text)
	require.NoError(s.t, err)
	return n
}

func (s *tale) create(a taleArgs) string {
	stream, err := s.service.CreateStream("clicks", kinesis.Config{
		ShardCount: s.number(a, "shards", 0), Mode: kinesis.StreamMode(a.options["mode"]), RetentionPeriod: s.duration(a, "retention"),
		RetentionBytes: int64(s.number(a, "bytes", 0)), MaxRecordSize: s.number(a, "size", 0), TransitionTime: s.duration(a, "transition"),
		EnforceLimits: a.options["limits"] == "on", Relaxed: a.options["relaxed"] == "on",
	})
	s.stream = stream
	return s.outcome(err)
}

func (s *tale) put(a taleArgs) string {
	var batch []kinesis.Entry
	for range s.number(a, "times", 1) {
		for _, word := range a.words {
			data := append([]byte(word), make([]byte, s.number(a, "bytes", 0))...)
			batch = append(batch, kinesis.Entry{PartitionKey: a.options["key"], ExplicitHashKey: a.options["hash"], Data: data})
		}
	}
	put, err := s.stream.Put(s.t.Context(), batch...)
	failed, _ := errors.AsType[*kinesis.BatchError](err)
	switch {
	case err != nil && failed == nil:
		return s.outcome(err)
	case len(batch) > 10 && failed != nil:
		return fmt.Sprintf("%d put, %d not: %s", len(batch)-len(failed.Failed), len(failed.Failed), s.outcome(failed.Failed[0].Err))
	case len(batch) > 10: // a crowd
		return fmt.Sprintf("%d put\n", len(batch))
	}
	var out strings.Builder
	for i, p := range put {
		if p == (kinesis.Put{}) {
			at := slices.IndexFunc(failed.Failed, func(f kinesis.EntryError) bool { return f.Index == i })
			out.WriteString(s.outcome(failed.Failed[at].Err))
			continue
		}
		fmt.Fprintf(&out, "%s in shard %s\n", s.name(p.SequenceNumber), short(p.ShardID))
	}
	return out.String()
}

// request reads from=: trim, latest, at:n1, after:n1, since:-10s, or the name of a place.
func (s *tale) request(a taleArgs) kinesis.ReadRequest {
	req := kinesis.ReadRequest{
		ShardID: long(a.words[0]), Limit: s.number(a, "max", 0), MaxBytes: s.number(a, "maxbytes", 0), Wait: s.duration(a, "wait"),
	}
	kind, of, _ := strings.Cut(a.options["from"], ":")
	switch kind {
	case "", "trim":
	case "latest":
		req.Position.Type = kinesis.Latest
	case "at":
		req.Position = kinesis.At(s.numbers[s.atoi(of[1:])-1])
	case "after":
		req.Position = kinesis.After(s.numbers[s.atoi(of[1:])-1])
	case "since":
		req.Position = kinesis.Since(time.Now().Add(s.parseDuration(of)))
	default:
		p, ok := s.places[kind]
		require.True(s.t, ok, "no place is called %s", kind)
		req.Position = p
	}
	return req
}

func (s *tale) read(a taleArgs) string {
	began := time.Now()
	batch, err := s.stream.Read(s.t.Context(), s.request(a))
	s.places[a.options["as"]] = batch.Next
	return s.readings(began, time.Now(), batch, err)
}

func (s *tale) readings(began, ended time.Time, batch kinesis.Batch, err error) string {
	var out strings.Builder
	if waited := ended.Sub(began); waited > 0 {
		fmt.Fprintf(&out, "after %v:\n", waited)
	}
	if err != nil {
		return out.String() + s.outcome(err)
	}
	for i, r := range batch.Records {
		if i == 5 && len(batch.Records) > 10 {
			fmt.Fprintf(&out, "and %d more\n", len(batch.Records)-i)
			break
		}
		fmt.Fprintf(&out, "%s %.12q of %s, arrived at %v\n", s.name(r.SequenceNumber), strings.TrimRight(string(r.Data), "\x00"), r.PartitionKey, r.ArrivalTime.Sub(s.begin))
	}
	if len(batch.Records) == 0 {
		out.WriteString("nothing\n")
	}
	if batch.MillisBehindLatest > 0 {
		fmt.Fprintf(&out, "%v behind\n", time.Duration(batch.MillisBehindLatest)*time.Millisecond)
	}
	if batch.End {
		var children []string
		for _, child := range batch.ChildShards {
			children = append(children, short(child.ShardID))
		}
		fmt.Fprintf(&out, "the end; go on with %s\n", strings.Join(children, " and "))
	}
	return out.String()
}

func (s *tale) poll(a taleArgs) string {
	began, req := time.Now(), s.request(a)
	done := make(chan func() string, 1)
	go func() {
		batch, err := s.stream.Read(s.t.Context(), req)
		ended := time.Now()
		done <- func() string { return s.readings(began, ended, batch, err) }
	}()
	s.polls[a.options["as"]] = func() string { return (<-done)() }
	return "waiting\n"
}

func (s *tale) result(a taleArgs) string { return s.polls[a.words[0]]() }

func (s *tale) split(a taleArgs) string {
	var at kinesis.HashKey
	for _, sh := range shardsOf(s.t, s.stream) {
		if sh.ID == long(a.words[0]) {
			at = sh.HashKeyRange.Middle()
		}
	}
	if a.options["at"] != "" {
		var err error
		at, err = kinesis.ParseHashKey(a.options["at"])
		require.NoError(s.t, err)
	}
	return s.outcome(s.stream.SplitShard(long(a.words[0]), at))
}

func (s *tale) merge(a taleArgs) string {
	return s.outcome(s.stream.MergeShards(long(a.words[0]), long(a.words[1])))
}

func (s *tale) count(a taleArgs) string {
	before, err := s.stream.UpdateShardCount(s.atoi(a.words[0]))
	if err != nil {
		return s.outcome(err)
	}
	return fmt.Sprintf("%d before\n", before)
}

// shards tells of each shard the first four hexadecimal digits of its bounds.
func (s *tale) shards(a taleArgs) string {
	filter := kinesis.ShardFilter{Type: kinesis.ShardFilterType(a.options["filter"])}
	if at := a.options["at"]; at != "" {
		filter.Timestamp = s.begin.Add(s.parseDuration(at))
	}
	page, err := s.stream.ListShards(kinesis.ShardListRequest{Filter: filter})
	if err != nil {
		return s.outcome(err)
	}
	var out strings.Builder
	for _, sh := range page.Shards {
		state := "closed"
		if sh.IsOpen() {
			state = "open"
		}
		fmt.Fprintf(&out, "%s %s [%04x… %04x…]", short(sh.ID), state, sh.HashKeyRange.Start.Hi>>48, sh.HashKeyRange.End.Hi>>48)
		if sh.ParentID != "" {
			out.WriteString(" of " + short(sh.ParentID))
		}
		if sh.AdjacentParentID != "" {
			out.WriteString(" and " + short(sh.AdjacentParentID))
		}
		out.WriteString("\n")
	}
	if out.Len() == 0 {
		return "none\n"
	}
	return out.String()
}

func (s *tale) summary(taleArgs) string {
	sum := s.stream.Summary()
	return fmt.Sprintf("%s, %d open shards of %d, %d records, %d bytes\n", s.stream.Status(), sum.OpenShards, sum.Shards, sum.Records, sum.Bytes)
}

func (s *tale) retention(a taleArgs) string {
	return s.outcome(s.stream.SetRetentionPeriod(s.parseDuration(a.words[0])))
}

func (s *tale) size(a taleArgs) string {
	return s.outcome(s.stream.SetMaxRecordSize(s.atoi(a.words[0])))
}

func (s *tale) mode(a taleArgs) string {
	return s.outcome(s.stream.SetMode(kinesis.StreamMode(a.words[0]), 0))
}

func (s *tale) delete(taleArgs) string { return s.outcome(s.service.DeleteStream("clicks", false)) }

func (s *tale) sleep(a taleArgs) string {
	time.Sleep(s.parseDuration(a.words[0]))
	return fmt.Sprintf("%v since the beginning\n", time.Since(s.begin))
}

// outcome says what an error says, with numbered sequence numbers.
func (s *tale) outcome(err error) string {
	if err == nil {
		return "ok\n"
	}
	e, ok := errors.AsType[*kinesis.Error](err)
	require.True(s.t, ok, "%v", err)
	text := e.ErrorMessage()
	for i, n := range s.numbers {
		text = strings.ReplaceAll(text, n.String(), fmt.Sprintf("n%d", i+1))
	}
	return e.ErrorCode() + ": " + text + "\n"
}

// name returns the name of a sequence number: n and its place among those seen.
func (s *tale) name(n kinesis.SequenceNumber) string {
	i := slices.Index(s.numbers, n)
	if i < 0 {
		i = len(s.numbers)
		s.numbers = append(s.numbers, n)
	}
	return fmt.Sprintf("n%d", i+1)
}

// short and long turn shardId-000000000003 into 3 and back.
func short(id string) string {
	n := strings.TrimLeft(strings.TrimPrefix(id, "shardId-"), "0")
	if n == "" {
		return "0"
	}
	return n
}

func long(number string) string { return "shardId-" + strings.Repeat("0", 12-len(number)) + number }
