package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// story is one run of the program.
type story struct {
	stream  *kinesis.LocalStream
	server  *webServer
	workers *workers
	archive *archive
	show    *display
}

// patience is how long the consumers get to catch up when the log has ended.
const patience = 30 * time.Second

func newStory(rate int, dir string, stdout, stderr io.Writer) (*story, error) {
	stream, err := kinesis.New("clicks", kinesis.Config{ShardCount: 4})
	if err != nil {
		return nil, err
	}
	s := &story{stream: stream, show: newDisplay(stdout, stderr)}
	if s.server, err = newWebServer(stream, rate); err != nil {
		return nil, err
	}
	s.workers = newWorkers(stream)
	s.archive, err = newArchive(stream, dir)
	return s, err
}

// tell replays the log and lets things happen meanwhile. Whatever happens, even an
// interruption, it ends with an account.
func (s *story) tell(ctx context.Context, input io.Reader) error {
	stopTable := s.show.every(250*time.Millisecond, s.workers.tally)
	unhurried := context.WithoutCancel(ctx) // what was put is counted and archived, interrupted or not

	err := s.happen(ctx, input)
	err = errors.Join(err, s.server.end(unhurried))
	caughtUp, cancel := context.WithTimeout(unhurried, patience)
	defer cancel()
	err = errors.Join(err, s.catchUp(caughtUp), s.workers.end(caughtUp), s.archive.end(caughtUp))
	stopTable()

	archived, objects, countErr := s.archive.count()
	account := s.account(archived)
	s.show.table(s.workers.tally)
	s.show.account(account)
	s.show.objects(objects)
	return errors.Join(err, countErr, check(account))
}

// happen is what happens, if nothing interrupts it.
func (s *story) happen(ctx context.Context, input io.Reader) error {
	s.show.say("4 shards, 2 workers")
	for range 2 {
		if err := s.workers.hire(); err != nil {
			return err
		}
	}
	lines := s.server.read(input)
	if err := s.server.replay(ctx, lines, 700); err != nil {
		return err
	}
	if err := s.reshard(8); err != nil {
		return err
	}
	if err := s.server.replay(ctx, lines, 700); err != nil {
		return err
	}
	s.show.say("a third worker joins")
	if err := s.workers.hire(); err != nil {
		return err
	}
	if err := s.reshard(5); err != nil {
		return err
	}
	return s.server.replay(ctx, lines, -1)
}

// reshard changes the number of open shards. Their records stay where they are: whoever
// reads goes on from closed shards to those that took their place.
func (s *story) reshard(target int) error {
	from, err := s.stream.UpdateShardCount(target)
	if err == nil {
		s.show.say(fmt.Sprintf("resharded: %d shards, now %d", from, target))
	}
	return err
}

// catchUp waits until everything that was put is counted and has come to the archive.
func (s *story) catchUp(ctx context.Context) error {
	for {
		counted, archived := s.workers.tally.count(), s.archive.received()
		if counted == s.server.put && archived == s.server.put {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("of %d lines %d are counted and %d in the archive after %v", s.server.put, counted, archived, patience)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// close removes what the story leaves behind.
func (s *story) close() error {
	return errors.Join(s.workers.close(), s.archive.close(), s.stream.Close())
}
