package sqs_test

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

	"github.com/leat-go/leat/sqs"
)

// story is the world that a script acts in.
type story struct {
	t        *testing.T
	begin    time.Time
	service  *sqs.Service
	messages []string // ids; the first is m1
	handles  []string // the first is h1
	polls    map[string]func() string
	task     string // handle of the latest move task
}

// args are the words of a command: names, then options such as max=10.
type args struct {
	words   []string
	options map[string]string
}

func newStory(t *testing.T) *story {
	return &story{t: t, begin: time.Now(), service: newService(t, sqs.ServiceConfig{}), polls: map[string]func() string{}}
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
		"queue":      s.queue,   // queue NAME [ATTRIBUTE=VALUE]…: creates a queue; RedrivePolicy=NAME:COUNT
		"set":        s.set,     // set NAME ATTRIBUTE=VALUE…
		"send":       s.send,    // send QUEUE BODY… [group=] [dedup=] [delay=] [times=]
		"receive":    s.receive, // receive QUEUE [max=] [visibility=] [wait=] [attempt=]
		"poll":       s.poll,    // poll QUEUE as=NAME …: a receive that goes on while the script does
		"result":     s.result,  // result NAME: waits for that
		"delete":     s.delete,  // delete QUEUE HANDLE…
		"visibility": s.visibility,
		"counts":     s.counts,
		"peek":       s.peek,
		"purge":      s.purge,
		"move":       s.move, // move QUEUE [to=] [rate=]: starts a message move task
		"tasks":      s.tasks,
		"cancel":     s.cancel,
		"sleep":      s.sleep,
	}
	command, ok := commands[a.words[0]]
	require.True(s.t, ok, "no such command: %s", line)
	a.words = a.words[1:]
	answer := command(a)
	synctest.Wait()
	return answer
}

func (s *story) q(name string) *sqs.LocalQueue {
	q, err := s.service.Queue(name)
	require.NoError(s.t, err)
	return q
}

func (a args) duration(t *testing.T, key string) *time.Duration {
	text, ok := a.options[key]
	if !ok {
		return nil
	}
	d, err := time.ParseDuration(text)
	require.NoError(t, err)
	return &d
}

func (a args) number(t *testing.T, key string, otherwise int) int {
	text, ok := a.options[key]
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

func (s *story) attributes(a args) map[string]string {
	if name, count, ok := strings.Cut(a.options["RedrivePolicy"], ":"); ok {
		a.options["RedrivePolicy"] = (&sqs.RedrivePolicy{DeadLetterTargetARN: s.q(name).ARN(), MaxReceiveCount: atoi(count)}).String()
	}
	return a.options
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

func (s *story) queue(a args) string {
	_, err := s.service.CreateQueueWithAttributes(a.words[0], s.attributes(a), nil)
	return s.outcome(err)
}

func (s *story) set(a args) string { return s.outcome(s.q(a.words[0]).SetAttributes(s.attributes(a))) }

func (s *story) send(a args) string {
	var out strings.Builder
	for i := range a.number(s.t, "times", 1) {
		e := sqs.Entry{Body: strings.Join(a.words[1:], " "), GroupID: a.options["group"], DeduplicationID: a.options["dedup"], Delay: a.duration(s.t, "delay")}
		if _, many := a.options["times"]; many {
			e.Body += " " + strconv.Itoa(i+1)
		}
		sent, err := s.q(a.words[0]).Send(s.t.Context(), e)
		switch {
		case err != nil:
			out.WriteString(s.outcome(err))
		case a.options["times"] == "":
			out.WriteString(number(&s.messages, "m", sent[0].MessageID) + "\n")
		}
	}
	if n := a.options["times"]; n != "" {
		out.WriteString(n + " sent\n")
	}
	return out.String()
}

func (s *story) request(a args) sqs.ReceiveRequest {
	return sqs.ReceiveRequest{
		MaxMessages: a.number(s.t, "max", 1), VisibilityTimeout: a.duration(s.t, "visibility"),
		Wait: a.duration(s.t, "wait"), AttemptID: a.options["attempt"],
	}
}

func (s *story) receive(a args) string {
	began := time.Now()
	messages, err := s.q(a.words[0]).Receive(s.t.Context(), s.request(a))
	return s.received(began, messages, err)
}

func (s *story) received(began time.Time, messages []sqs.Message, err error) string {
	var out strings.Builder
	if waited := time.Since(began); waited > 0 {
		fmt.Fprintf(&out, "after %v:\n", waited)
	}
	switch {
	case err != nil:
		return out.String() + s.outcome(err)
	case len(messages) == 0:
		return out.String() + "nothing\n"
	case len(messages) > 10: // a crowd
		return out.String() + fmt.Sprintf("%d messages, from %s to %s\n", len(messages), messages[0].Body, messages[len(messages)-1].Body)
	}
	for _, m := range messages {
		fmt.Fprintf(&out, "%s %q by %s, receive %d", number(&s.messages, "m", m.ID), m.Body, number(&s.handles, "h", m.ReceiptHandle), m.ReceiveCount)
		if m.GroupID != "" {
			fmt.Fprintf(&out, ", group %s", m.GroupID)
		}
		if m.DeadLetterSource != "" {
			fmt.Fprintf(&out, ", dead letter of %s", nameOf(m.DeadLetterSource))
		}
		out.WriteString("\n")
	}
	return out.String()
}

func (s *story) poll(a args) string {
	began := time.Now()
	result := start(s.t, s.t.Context(), s.q(a.words[0]), s.request(a))
	s.polls[a.options["as"]] = func() string {
		messages, err := result()
		return s.received(began, messages, err)
	}
	return "waiting\n"
}

func (s *story) result(a args) string { return s.polls[a.words[0]]() }

func (s *story) handlesOf(names []string) []string {
	var handles []string
	for _, name := range names {
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "h")); err == nil {
			name = s.handles[n-1]
		}
		handles = append(handles, name)
	}
	return handles
}

func (s *story) delete(a args) string {
	return s.outcome(s.q(a.words[0]).Delete(s.t.Context(), s.handlesOf(a.words[1:])...))
}

// visibility QUEUE HANDLE… for=: restarts the visibility timeout.
func (s *story) visibility(a args) string {
	return s.outcome(s.q(a.words[0]).ChangeVisibility(s.t.Context(), *a.duration(s.t, "for"), s.handlesOf(a.words[1:])...))
}

func (s *story) counts(a args) string {
	m := s.q(a.words[0]).Metrics()
	return fmt.Sprintf("%d visible, %d in flight, %d delayed, oldest %v\n", m.ApproximateNumberOfMessagesVisible,
		m.ApproximateNumberOfMessagesNotVisible, m.ApproximateNumberOfMessagesDelayed, m.ApproximateAgeOfOldestMessage)
}

func (s *story) peek(a args) string {
	var out strings.Builder
	for _, m := range s.q(a.words[0]).Peek(10) {
		fmt.Fprintf(&out, "%s %q %s", number(&s.messages, "m", m.ID), m.Body, m.State)
		if !m.VisibleAt.IsZero() {
			fmt.Fprintf(&out, " for %v", time.Until(m.VisibleAt))
		}
		out.WriteString("\n")
	}
	if out.Len() == 0 {
		return "empty\n"
	}
	return out.String()
}

func (s *story) purge(a args) string { return s.outcome(s.q(a.words[0]).Purge()) }

func (s *story) move(a args) string {
	req := sqs.MoveRequest{SourceARN: s.q(a.words[0]).ARN(), MaxNumberOfMessagesPerSecond: a.number(s.t, "rate", 0)}
	if to := a.options["to"]; to != "" {
		req.DestinationARN = s.q(to).ARN()
	}
	handle, err := s.service.StartMessageMoveTask(req)
	if err == nil {
		s.task = handle
	}
	return s.outcome(err)
}

func (s *story) tasks(a args) string {
	tasks, err := s.service.ListMessageMoveTasks(s.q(a.words[0]).ARN(), 10)
	if err != nil {
		return s.outcome(err)
	}
	var out strings.Builder
	for _, task := range tasks {
		fmt.Fprintf(&out, "%s, %d of %d moved %s\n", task.Status, task.ApproximateNumberOfMessagesMoved, task.ApproximateNumberOfMessagesToMove, task.FailureReason)
	}
	return strings.ReplaceAll(out.String(), " \n", "\n")
}

func (s *story) cancel(args) string {
	moved, err := s.service.CancelMessageMoveTask(s.task)
	if err != nil {
		return s.outcome(err)
	}
	return fmt.Sprintf("%d moved\n", moved)
}

func (s *story) sleep(a args) string {
	d, err := time.ParseDuration(a.words[0])
	require.NoError(s.t, err)
	time.Sleep(d)
	return fmt.Sprintf("%v since the beginning\n", time.Since(s.begin))
}

// outcome says what an error says, with numbered handles.
func (s *story) outcome(err error) string {
	if err == nil {
		return "ok\n"
	}
	var e *sqs.Error
	require.True(s.t, errors.As(err, &e), "%v", err)
	text := e.ErrorMessage()
	for i, handle := range s.handles {
		text = strings.ReplaceAll(text, handle, fmt.Sprintf("h%d", i+1))
	}
	return e.ErrorCode() + ": " + text + "\n"
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

func nameOf(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }
