package firehose_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// model is a delivery stream that is too simple to be wrong: slices, and a scan of them
// for every question. It goes from one moment at which something happens to the next.
// What sinks and the function answer, and how long they take, is a matter of their
// name and of the number of the call, and known to both sides. Times are since the start.
type model struct {
	cfg   modelConfig
	now   time.Duration
	epoch int
	lanes []*modelLane

	calls     map[string][]modelCall // by lane
	answered  map[string]int         // calls of each lane so far
	drops     []string
	flushes   []modelFlush
	incoming  int
	dropped   int
	delivered int
	failed    int // in the error output
	lost      int
	throttled int
}

type modelConfig struct {
	size           int
	interval       time.Duration
	delimiter      bool
	partitioned    bool
	errorSink      bool
	retryDuration  *time.Duration
	backup         bool
	transform      bool
	maxActive      int
	maxBuffered    int
	seed           uint64
	down           bool // partition "c" is never delivered
	transformSize  int
	transformWait  time.Duration
	retries        int
	backupSize     int
	backupInterval time.Duration
}

// modelRecord is a record on its way.
type modelRecord struct {
	data, raw string
	arrival   time.Duration
	accepted  time.Duration // which is the arrival, or that of an older record of the same batch
	epoch     int           // likewise
}

// modelLane is a buffer, what waits behind it, and what is being done.
type modelLane struct {
	name    string // "T", "K", "D:partition", "E:type of error"
	open    []modelRecord
	opened  time.Duration
	queue   [][]modelRecord
	working bool
	until   time.Duration // of the work, or of the pause before a retry; -1: neither
	answer  answer

	attempts int
	paused   time.Duration
}

// modelCall is a call of a sink or of the function.
type modelCall struct {
	at      time.Duration
	body    string
	attempt int
	oldest  time.Duration
}

type modelFlush struct {
	epoch     int
	at, ended time.Duration
}

// answer is what a sink or the function does with a call.
type answer struct {
	takes time.Duration
	kind  answerKind
}

type answerKind int

const (
	succeed answerKind = iota
	fail
	failPartly // every other record
	failForGood
)

// answerOf decides about call n of a lane.
func (c *modelConfig) answerOf(lane string, n int) answer {
	h := c.seed
	for _, b := range []byte(fmt.Sprint(lane, n)) {
		h = (h ^ uint64(b)) * 0x100000001b3
		h ^= h >> 29
	}
	a := answer{takes: time.Duration(h>>8%4) * time.Second * time.Duration(h>>16%2)}
	a.takes += time.Duration(1 + h%999_983) // so that nothing else happens at that moment
	if lane == "D:c" && c.down {
		a.kind = fail
		return a
	}
	switch h >> 24 % 8 {
	case 0, 1:
		a.kind = fail
	case 2:
		a.kind = failPartly
	case 3:
		if h>>32%2 == 0 {
			a.kind = failForGood
		}
	}
	if lane == "T" && a.kind == failPartly {
		a.kind = succeed
	}
	return a
}

func newModel(cfg modelConfig) *model {
	return &model{cfg: cfg, calls: map[string][]modelCall{}, answered: map[string]int{}}
}

func (m *model) lane(name string) *modelLane {
	for _, l := range m.lanes {
		if l.name == name {
			return l
		}
	}
	l := &modelLane{name: name, until: -1}
	m.lanes = append(m.lanes, l)
	return l
}

func (m *model) rule(name string) (size int, interval time.Duration) {
	switch name[0] {
	case 'T':
		return m.cfg.transformSize, m.cfg.transformWait
	case 'K':
		return m.cfg.backupSize, m.cfg.backupInterval
	}
	return m.cfg.size, m.cfg.interval
}

func sizeOf(records []modelRecord) (n int) {
	for _, r := range records {
		n += len(r.data)
	}
	return n
}

func (m *model) held() (n int) {
	for _, l := range m.lanes {
		n += sizeOf(l.open) + 64*len(l.open)
		for _, b := range l.queue {
			n += sizeOf(b) + 64*len(b)
		}
	}
	return n
}

func (m *model) active() (n int) {
	for _, l := range m.lanes {
		if l.name[0] == 'D' && (len(l.open) > 0 || len(l.queue) > 0) {
			n++
		}
	}
	return n
}

func (m *model) add(name string, r modelRecord) {
	l := m.lane(name)
	size, _ := m.rule(name)
	if len(l.open) > 0 && sizeOf(l.open)+len(r.data) > size {
		m.cut(l)
	}
	if len(l.open) == 0 {
		l.opened = m.now
	}
	l.open = append(l.open, r)
	if sizeOf(l.open) >= size {
		m.cut(l)
	}
}

func (m *model) cut(l *modelLane) {
	if len(l.open) > 0 {
		first := l.open[0]
		for _, r := range l.open {
			first.accepted, first.epoch = min(first.accepted, r.accepted), min(first.epoch, r.epoch)
		}
		for i := range l.open {
			l.open[i].accepted, l.open[i].epoch = first.accepted, first.epoch
		}
		l.queue = append(l.queue, l.open)
		l.open = nil
	}
	m.work(l)
}

// work begins with the first batch of a lane, unless it waits for something.
func (m *model) work(l *modelLane) {
	if l.working || l.until >= 0 || len(l.queue) == 0 {
		return
	}
	l.attempts++
	l.working = true
	call := modelCall{at: m.now, attempt: l.attempts, oldest: 1 << 62}
	for _, r := range l.queue[0] {
		call.body += r.data
		call.oldest = min(call.oldest, r.arrival)
	}
	m.calls[l.name] = append(m.calls[l.name], call)
	l.answer = m.cfg.answerOf(l.name, m.answered[l.name])
	m.answered[l.name]++
	l.until = m.now + l.answer.takes
}

// settle cuts what may not wait after a command.
func (m *model) settle() {
	for _, l := range m.lanes {
		_, interval := m.rule(l.name)
		old := slices.ContainsFunc(l.open, func(r modelRecord) bool { return r.epoch < m.epoch })
		if old || interval == 0 && len(l.open) > 0 && len(l.queue) == 0 {
			m.cut(l)
		}
	}
	for i := range m.flushes {
		f := &m.flushes[i]
		if f.ended < 0 && !m.holds(f.epoch) {
			f.ended = m.now
		}
	}
}

func (m *model) holds(epoch int) bool {
	for _, l := range m.lanes {
		for _, b := range append(slices.Clone(l.queue), l.open) {
			if slices.ContainsFunc(b, func(r modelRecord) bool { return r.epoch < epoch }) {
				return true
			}
		}
	}
	return false
}

// next returns the lane at which something happens next, and when.
func (m *model) next() (next *modelLane, at time.Duration) {
	for _, l := range m.lanes {
		if l.until >= 0 && (next == nil || l.until < at) {
			next, at = l, l.until
		}
		if _, interval := m.rule(l.name); len(l.open) > 0 && interval > 0 && (next == nil || l.opened+interval < at) {
			next, at = l, l.opened+interval
		}
	}
	return next, at
}

// advance lets everything happen up to a moment.
func (m *model) advance(now time.Duration) {
	for {
		l, at := m.next()
		if l == nil || at > now {
			break
		}
		m.now = at
		switch {
		case l.until == at && l.working:
			m.complete(l)
		case l.until == at:
			l.until = -1
			m.work(l)
		default:
			m.cut(l)
		}
		m.settle()
	}
	m.now = now
}

// complete ends a call.
func (m *model) complete(l *modelLane) {
	l.working, l.until = false, -1
	batch := l.queue[0]
	kind := l.answer.kind
	var rest []modelRecord
	for i, r := range batch {
		if kind == fail || kind == failForGood || kind == failPartly && i%2 == 0 {
			rest = append(rest, r)
		} else {
			m.taken(l, r)
		}
	}
	l.queue[0] = rest
	switch pause, again := m.pause(l, kind, batch); {
	case len(rest) == 0:
	case again:
		l.until = m.now + pause
		return
	default:
		m.giveUp(l, rest)
	}
	l.queue = l.queue[1:]
	l.attempts, l.paused = 0, 0
	m.work(l)
}

// pause returns how long to wait before a retry, if there is one.
func (m *model) pause(l *modelLane, kind answerKind, batch []modelRecord) (time.Duration, bool) {
	pause := min(time.Second<<min(l.attempts-1, 10), 2*time.Minute)
	if kind == failForGood {
		return 0, false
	}
	if l.name == "T" {
		return pause, l.attempts <= m.cfg.retries
	}
	left := batch[0].accepted + 24*time.Hour - m.now
	if d := m.cfg.retryDuration; l.name[0] == 'D' && (d != nil || m.cfg.errorSink) {
		total := 300 * time.Second
		if d != nil {
			total = *d
		}
		left = total - l.paused
	}
	pause = min(pause, left)
	l.paused += max(0, pause)
	return pause, left > 0
}

// taken is what becomes of a record that a sink, or the function, has taken.
func (m *model) taken(l *modelLane, r modelRecord) {
	switch l.name[0] {
	case 'D':
		m.delivered++
	case 'E':
		m.failed++
	case 'T':
		switch data, result := transformOf(r.raw); result {
		case "Dropped":
			m.dropped++
		case "Ok":
			r.data = data
			if m.cfg.delimiter {
				r.data += "\n"
			}
			m.route(r)
		default:
			m.errorLine(r, l.attempts, result, "processing-failed")
		}
	}
}

// transformOf is what the function makes of a record.
func transformOf(raw string) (data, result string) {
	switch {
	case strings.HasSuffix(raw, "0"):
		return "", "Dropped"
	case strings.HasSuffix(raw, "1"):
		return "", "Lambda.ProcessingFailedStatus"
	case strings.HasSuffix(raw, "2"):
		return "", "Lambda.MissingRecordId"
	}
	return raw[:1] + strings.Repeat("!", len(raw)%4) + raw[1:], "Ok"
}

func (m *model) route(r modelRecord) {
	if !m.cfg.partitioned {
		m.add("D:", r)
		return
	}
	name := "D:" + r.raw[:1]
	switch l := m.lane(name); {
	case r.raw[0] == 'x':
		m.errorLine(r, 1, "DynamicPartitioning.MetadataExtractionFailed", "processing-failed")
	case len(l.open) == 0 && len(l.queue) == 0 && m.active() >= m.cfg.maxActive:
		m.errorLine(r, 1, "DynamicPartitioning.ActivePartitionLimitExceeded", "activePartitionExceeded")
	default:
		m.add(name, r)
	}
}

// messages are the texts of the errors.
var messages = map[string]string{
	"DeliveryFailed":                               "the sink is down",
	"DeliveryFailed, partly":                       "firehose: some records were not delivered: the sink is down",
	"Lambda.FunctionError":                         "the sink is down",
	"Lambda.ProcessingFailedStatus":                "ProcessingFailed status set for record",
	"Lambda.MissingRecordId":                       "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids.",
	"DynamicPartitioning.MetadataExtractionFailed": "x has no partition",
}

func (m *model) errorLine(r modelRecord, attempts int, code, why string) {
	message := messages[code]
	if why == "activePartitionExceeded" {
		message = fmt.Sprintf("there are %d active partitions, which is the most", m.cfg.maxActive)
	}
	raw := r.raw
	if code == "DeliveryFailed" || code == "DeliveryFailed, partly" {
		raw, code = r.data, "DeliveryFailed"
	}
	line, _ := json.Marshal(failedRecord{attempts, midnight.Add(r.arrival).UnixMilli(), code, message, midnight.Add(m.now).UnixMilli()})
	r.data = strings.TrimSuffix(string(line), "}") + `,"rawData":"` + base64.StdEncoding.EncodeToString([]byte(raw)) + "\"}\n"
	m.add("E:"+why, r)
}

// giveUp is what becomes of records that a sink, or the function, does not take.
func (m *model) giveUp(l *modelLane, records []modelRecord) {
	for _, r := range records {
		switch {
		case l.name == "T":
			m.errorLine(r, l.attempts, "Lambda.FunctionError", "processing-failed")
		case l.name[0] == 'D' && m.cfg.errorSink:
			code := "DeliveryFailed"
			if l.answer.kind == failPartly {
				code += ", partly"
			}
			m.errorLine(r, l.attempts, code, "delivery-failed")
		default:
			m.drops = append(m.drops, fmt.Sprint(m.now, " ", r.data))
			if l.name != "K" {
				m.lost++
			}
		}
	}
}

// put returns how many records were accepted.
func (m *model) put(batch []string) int {
	for i, data := range batch {
		if held := m.held(); held > 0 && held+len(data)+64 > m.cfg.maxBuffered {
			for _, l := range m.lanes {
				m.cut(l)
			}
			m.throttled += len(batch) - i
			m.settle()
			return i
		}
		m.incoming++
		r := modelRecord{data: data, raw: data, arrival: m.now, accepted: m.now, epoch: m.epoch}
		if m.cfg.backup {
			m.add("K", r)
		}
		if m.cfg.transform {
			m.add("T", r)
			continue
		}
		if m.cfg.delimiter {
			r.data += "\n"
		}
		m.route(r)
	}
	m.settle()
	return len(batch)
}

// flush begins a flush; its end is in flushes.
func (m *model) flush() {
	m.epoch++
	for _, l := range m.lanes {
		m.cut(l)
	}
	m.flushes = append(m.flushes, modelFlush{epoch: m.epoch, at: m.now, ended: -1})
	m.settle()
}
