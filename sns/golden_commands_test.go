package sns_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// story is the world that a script acts in.
type story struct {
	t             *testing.T
	begin         time.Time
	queues        *sqs.Service
	service       *sns.Service
	web           *web
	status        sync.Map // of int: what the web answers, by URL; 200 if not here
	told          int      // requests that the script has seen
	messages      []string // ids; the first is m1
	subscriptions []string // the first is s1
	tokens        []string // the first is t1
}

// args are the words of a command: names, then options such as group=g.
type args struct {
	words   []string
	options map[string]string
}

func newStory(t *testing.T) *story {
	queues, err := sqs.NewService(sqs.ServiceConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { queues.Close() })
	s := &story{t: t, begin: time.Now(), queues: queues}
	s.web = &web{answer: func(r *http.Request, _ string) int {
		if status, ok := s.status.Load(r.URL.String()); ok {
			return status.(int)
		}
		return http.StatusOK
	}}
	s.service = newService(t, sns.ServiceConfig{Queues: queues, Transport: s.web, SigningKey: signingKey()})
	return s
}

func (s *story) run(line string) string {
	a := args{options: map[string]string{}}
	for _, word := range strings.Fields(line) {
		if key, value, ok := strings.Cut(word, "="); ok {
			a.options[key] = value
		} else {
			a.words = append(a.words, word)
		}
	}
	commands := map[string]func(args) string{
		"queue":         s.queue,     // queue NAME
		"topic":         s.topic,     // topic NAME [ATTRIBUTE=VALUE]…
		"set":           s.set,       // set TOPIC|SUBSCRIPTION ATTRIBUTE=VALUE…
		"subscribe":     s.subscribe, // subscribe TOPIC QUEUE|URL [ATTRIBUTE=VALUE]…; RedrivePolicy=QUEUE, ReplayPolicy=FROM (ago) or FROM..TO
		"unsubscribe":   s.unsubscribe,
		"confirm":       s.confirm,  // confirm TOPIC TOKEN
		"publish":       s.publish,  // publish TOPIC TEXT… [subject=] [group=] [dedup=] [NAME=VALUE]… for attributes
		"receive":       s.receive,  // receive QUEUE: everything that is there
		"answer":        s.answer,   // answer URL STATUS: what the endpoint does from now on
		"requests":      s.requests, // those that endpoints got since this was last asked
		"subscriptions": s.list,
		"stats":         s.stats,
		"flush":         s.flush,
		"sleep":         s.sleep,
	}
	command, ok := commands[a.words[0]]
	require.True(s.t, ok, "no such command: %s", line)
	a.words = a.words[1:]
	answer := command(a)
	synctest.Wait()
	return answer
}

func (s *story) theTopic(name string) *sns.LocalTopic {
	topic, err := s.service.Topic(name)
	require.NoError(s.t, err)
	return topic
}

func (s *story) theQueue(name string) *sqs.LocalQueue {
	q, err := s.queues.Queue(name)
	require.NoError(s.t, err)
	return q
}

// subscription returns the ARN of s1, s2, ….
func (s *story) subscription(name string) sns.SubscriptionID {
	n, err := strconv.Atoi(strings.TrimPrefix(name, "s"))
	require.NoError(s.t, err)
	return sns.SubscriptionID(s.subscriptions[n-1])
}

func (s *story) queue(a args) string {
	createQueue(s.t, s.queues, a.words[0])
	return "ok\n"
}

func (s *story) topic(a args) string {
	_, err := s.service.CreateTopicWithAttributes(a.words[0], a.options, nil)
	return s.outcome(err)
}

func (s *story) set(a args) string {
	s.translate(a)
	set := func(name, value string) error { return s.theTopic(a.words[0]).SetAttribute(name, value) }
	if len(s.subscriptions) > 0 && strings.HasPrefix(a.words[0], "s") {
		sub, err := s.service.Subscription(s.subscription(a.words[0]))
		if err != nil {
			return s.outcome(err)
		}
		set = sub.SetAttribute
	}
	for _, name := range slices.Sorted(maps.Keys(a.options)) {
		if err := set(name, a.options[name]); err != nil {
			return s.outcome(err)
		}
	}
	return "ok\n"
}

// translate makes AWS's attributes of those that a script has shorter.
func (s *story) translate(a args) {
	if name, ok := a.options["RedrivePolicy"]; ok {
		a.options["RedrivePolicy"] = fmt.Sprintf(`{"deadLetterTargetArn":%q}`, s.theQueue(name).ARN())
	}
	if window, ok := a.options["ReplayPolicy"]; ok {
		from, to, bounded := strings.Cut(window, "..")
		policy := map[string]string{"PointType": "Timestamp", "StartingPoint": s.ago(from)}
		if bounded {
			policy["EndingPoint"] = s.ago(to)
		}
		b, err := json.Marshal(policy)
		require.NoError(s.t, err)
		a.options["ReplayPolicy"] = string(b)
	}
}

func (s *story) ago(text string) string {
	d, err := time.ParseDuration(text)
	require.NoError(s.t, err)
	return time.Now().Add(-d).UTC().Format("2006-01-02T15:04:05.000Z")
}

func (s *story) subscribe(a args) string {
	sub := sns.Subscription{Protocol: sns.ProtocolSQS, Address: a.words[1]}
	if scheme, _, ok := strings.Cut(a.words[1], "://"); ok {
		sub.Protocol = sns.Protocol(scheme)
	} else {
		sub.Address = s.theQueue(a.words[1]).ARN()
	}
	s.translate(a)
	sub, err := sns.ApplySubscriptionAttributes(sub, a.options)
	if err != nil {
		return s.outcome(err)
	}
	id, err := s.theTopic(a.words[0]).Subscribe(s.t.Context(), sub)
	if err != nil {
		return s.outcome(err)
	}
	return number(&s.subscriptions, "s", string(id)) + "\n"
}

func (s *story) unsubscribe(a args) string {
	return s.outcome(s.service.Unsubscribe(s.t.Context(), s.subscription(a.words[0])))
}

func (s *story) confirm(a args) string {
	token := a.words[1]
	if n, err := strconv.Atoi(strings.TrimPrefix(token, "t")); err == nil {
		token = s.tokens[n-1]
	}
	id, err := s.theTopic(a.words[0]).Confirm(token, false)
	if err != nil {
		return s.outcome(err)
	}
	return number(&s.subscriptions, "s", string(id)) + "\n"
}

func (s *story) publish(a args) string {
	e := sns.Entry{Message: strings.Join(a.words[1:], " "), Subject: a.options["subject"], GroupID: a.options["group"], DeduplicationID: a.options["dedup"]}
	for name, value := range a.options {
		if name == "subject" || name == "group" || name == "dedup" {
			continue
		}
		if e.Attributes == nil {
			e.Attributes = make(map[string]sns.Attribute)
		}
		kind := "String"
		if _, err := strconv.ParseFloat(value, 64); err == nil {
			kind = "Number"
		}
		e.Attributes[name] = sns.Attribute{DataType: kind, Value: value}
	}
	published, err := s.theTopic(a.words[0]).Publish(s.t.Context(), e)
	if err != nil {
		return s.outcome(err)
	}
	return number(&s.messages, "m", published[0].MessageID) + "\n"
}

func (s *story) receive(a args) string {
	var out strings.Builder
	for _, m := range drain(s.t, s.theQueue(a.words[0])) {
		var e struct {
			Type, MessageID, TopicArn, Message, Subject, Timestamp string
			Replayed                                               any
		}
		if json.Unmarshal([]byte(m.Body), &e) != nil || e.Type == "" {
			fmt.Fprintf(&out, "raw %q", m.Body)
		} else {
			fmt.Fprintf(&out, "%s %q", number(&s.messages, "m", e.MessageID), e.Message)
		}
		if e.Subject != "" {
			fmt.Fprintf(&out, " on %q", e.Subject)
		}
		if m.GroupID != "" {
			fmt.Fprintf(&out, ", group %s", m.GroupID)
		}
		if e.Replayed != nil {
			at, err := time.Parse(time.RFC3339, e.Timestamp)
			require.NoError(s.t, err)
			fmt.Fprintf(&out, ", replayed, %v old", time.Since(at).Round(time.Second))
		}
		for _, name := range slices.Sorted(maps.Keys(m.Attributes)) {
			fmt.Fprintf(&out, ", %s %s", name, m.Attributes[name].Value)
		}
		fmt.Fprintf(&out, ", sent after %v\n", m.SentAt.Sub(s.begin))
	}
	if out.Len() == 0 {
		return "nothing\n"
	}
	return out.String()
}

func (s *story) answer(a args) string {
	status, err := strconv.Atoi(a.words[1])
	require.NoError(s.t, err)
	s.status.Store(a.words[0], status)
	return "ok\n"
}

func (s *story) requests(args) string {
	s.web.mu.Lock()
	all := slices.Clone(s.web.requests[s.told:])
	s.told = len(s.web.requests)
	s.web.mu.Unlock()
	slices.SortStableFunc(all, func(a, b webRequest) int { // of two endpoints none is the first
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.url, b.url))
	})
	var out strings.Builder
	for _, r := range all {
		var e struct{ Type, MessageID, Message, Token string }
		require.NoError(s.t, json.Unmarshal([]byte(r.body), &e))
		fmt.Fprintf(&out, "after %v: %s to %s", r.at.Sub(s.begin), e.Type, r.url)
		if e.Token == "" {
			fmt.Fprintf(&out, ", %s %q\n", number(&s.messages, "m", e.MessageID), e.Message)
		} else {
			fmt.Fprintf(&out, ", token %s\n", number(&s.tokens, "t", e.Token))
		}
	}
	if out.Len() == 0 {
		return "nothing\n"
	}
	return out.String()
}

func (s *story) list(a args) string {
	var out strings.Builder
	for _, sub := range s.theTopic(a.words[0]).Subscriptions() {
		state := "confirmed"
		if sub.Pending() {
			state = "pending"
		}
		cfg := sub.Config()
		fmt.Fprintf(&out, "%s %s %s %s", number(&s.subscriptions, "s", string(sub.ID())), cfg.Protocol, cfg.Address, state)
		if status := sub.ReplayStatus(); status != "" {
			fmt.Fprintf(&out, ", replay %s", strings.ToLower(status))
		}
		out.WriteString("\n")
	}
	if out.Len() == 0 {
		return "none\n"
	}
	return out.String()
}

func (s *story) stats(a args) string {
	sub, err := s.service.Subscription(s.subscription(a.words[0]))
	if err != nil {
		return s.outcome(err)
	}
	st := sub.Stats()
	text := fmt.Sprintf("%d in the backlog, %d of them to be retried; %d attempts, %d failed; %d delivered, %d dead letters, %d dropped\n",
		st.Backlog, st.Retrying, st.Attempts, st.FailedAttempts, st.Delivered, st.DeadLettered, st.Dropped)
	if st.LastError != nil {
		text += st.LastError.Error() + "\n"
	}
	return text
}

func (s *story) flush(a args) string {
	began := time.Now()
	if err := s.theTopic(a.words[0]).Flush(s.t.Context()); err != nil {
		return err.Error() + "\n"
	}
	return fmt.Sprintf("after %v\n", time.Since(began))
}

func (s *story) sleep(a args) string {
	d, err := time.ParseDuration(a.words[0])
	require.NoError(s.t, err)
	time.Sleep(d)
	return fmt.Sprintf("%v since the beginning\n", time.Since(s.begin))
}

// outcome says what an error says.
func (s *story) outcome(err error) string {
	if err == nil {
		return "ok\n"
	}
	var e *sns.Error
	require.True(s.t, errors.As(err, &e), "%v", err)
	return e.ErrorCode() + ": " + e.ErrorMessage() + "\n"
}

// number returns the name of an id: prefix and its place among those seen.
func number(seen *[]string, prefix, id string) string {
	i := slices.Index(*seen, id)
	if i < 0 {
		i = len(*seen)
		*seen = append(*seen, id)
	}
	return prefix + strconv.Itoa(i+1)
}
