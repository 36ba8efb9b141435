package http1

import (
	"errors"
	"net/http"
	"time"
)

// readAnswer reads headers until the final one.
func (x *Exchange) readAnswer() error {
	for informational := 0; ; informational++ {
		if err := x.readHead(); err != nil {
			return err
		}
		if x.status >= 200 || x.status == http.StatusSwitchingProtocols {
			return x.acceptAnswer()
		}
		if err := x.inform(informational); err != nil {
			return err
		}
	}
}

// maxInformational is how many informational answers there may be before the final one.
const maxInformational = 100

// inform passes on an informational answer.
func (x *Exchange) inform(before int) error {
	if before >= maxInformational {
		return x.fail(Answer, TooManyAnswers)
	}
	if x.status == http.StatusContinue && !x.ask.IsZero() {
		x.ask = time.Time{}
		x.startSender(false)
	}
	if x.req.Informational != nil {
		h := make(http.Header, len(x.fields))
		x.CopyHeader(h)
		x.req.Informational(x.status, h)
	}
	return nil
}

// acceptAnswer takes what was read for the final answer.
func (x *Exchange) acceptAnswer() error {
	x.by, x.broken = time.Time{}, time.Time{}
	if x.status == http.StatusSwitchingProtocols {
		return x.acceptUpgrade()
	}
	// A target that takes the request may answer while that still comes; one that does not
	// wants no more of it (RFC 9112, section 9.5).
	if x.body != noBody && (x.status >= 300 || !x.ask.IsZero()) {
		x.stopSender()
	}
	return nil
}

// acceptUpgrade checks that the target may switch protocols (RFC 9110, section 7.8).
func (x *Exchange) acceptUpgrade() error {
	if x.req.Upgrade == "" || !x.SentAll(lastWrite) {
		return x.fail(Answer, BadUpgrade)
	}
	named := false
	for _, f := range x.fields {
		if f.name(x.head) == "Connection" && lists(f.value(x.head), "upgrade") {
			named = true
		}
	}
	offered := true
	elements(x.Field("Upgrade"), func(e string) bool {
		offered = lists(x.req.Upgrade, e)
		return offered
	})
	if !named || !offered || x.Field("Upgrade") == "" {
		return x.fail(Answer, BadUpgrade)
	}
	x.upgraded, x.ended = true, true
	return nil
}

// stopSender has the rest of the body not sent, unless that is under way.
func (x *Exchange) stopSender() {
	x.ask = time.Time{}
	x.mu.Lock()
	stop := x.sender == senderRuns
	if stop || x.sender == senderNone {
		x.sender = senderStopped
	}
	x.mu.Unlock()
	if stop {
		x.c.writeBy = past
		_ = x.c.nc.SetWriteDeadline(past)
	}
}

// errStopped ends the sender.
var errStopped = errors.New("the request is not wanted any more")
