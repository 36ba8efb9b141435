package sqs

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// MoveRequest starts a message move task.
type MoveRequest struct {
	// SourceARN names a queue that is the dead-letter queue of another.
	SourceARN string
	// DestinationARN names where the messages go; empty means each back to the
	// queue that it was dead-lettered from.
	DestinationARN string
	// MaxNumberOfMessagesPerSecond is 1 to 500; zero means as fast as it goes.
	MaxNumberOfMessagesPerSecond int
}

// MoveTaskStatus is how far a message move task is.
type MoveTaskStatus string

const (
	MoveRunning    MoveTaskStatus = "RUNNING"
	MoveCompleted  MoveTaskStatus = "COMPLETED"
	MoveCancelling MoveTaskStatus = "CANCELLING"
	MoveCancelled  MoveTaskStatus = "CANCELLED"
	MoveFailed     MoveTaskStatus = "FAILED"
)

// MoveTask describes a message move task.
type MoveTask struct {
	TaskHandle                        string // while it is running only
	Status                            MoveTaskStatus
	SourceARN                         string
	DestinationARN                    string // as requested
	MaxNumberOfMessagesPerSecond      int    // as requested
	ApproximateNumberOfMessagesMoved  int64
	ApproximateNumberOfMessagesToMove int64  // the visible messages when it started
	FailureReason                     string // of a failed task: AWS's code
	StartedAt                         time.Time
}

// moveTask moves messages in steps, each run by the timer of the one before, so
// that it owns no goroutine.
type moveTask struct {
	id      string
	handle  string
	source  *LocalQueue
	request MoveRequest
	started time.Time
	toMove  int64

	mu     sync.Mutex
	status MoveTaskStatus // guarded by mu
	moved  int64          // guarded by mu
	reason string         // guarded by mu
	timer  *time.Timer    // runs step; guarded by mu
	paused bool           // until the service on disk is opened again; guarded by mu
}

const (
	maxMoveRate = 500
	moveBatch   = 100 // messages a step, when there is no rate to keep
	// rememberedTasks is how many ended tasks of a source are listed.
	rememberedTasks = 10
)

// StartMessageMoveTask starts to move the visible messages of a dead-letter queue,
// in the background: back to where they came from, or elsewhere. A moved message
// is a new one, with a new id, sent now and never received. A source has one
// running task at a time. It fails with ErrResourceNotFound or
// ErrInvalidParameterValue. (StartMessageMoveTask.)
func (s *Service) StartMessageMoveTask(req MoveRequest) (taskHandle string, err error) {
	r := s.registry
	if err := r.open("StartMessageMoveTask"); err != nil {
		return "", err
	}
	if err := r.ready("StartMessageMoveTask", req.SourceARN); err != nil {
		return "", err
	}
	source, destination := r.find(req.SourceARN), r.find(req.DestinationARN)
	var fault *Error
	switch {
	case source == nil:
		fault = noResource("SourceArn")
	case req.DestinationARN != "" && destination == nil:
		fault = noResource("DestinationArn")
	case len(r.sources(req.SourceARN)) == 0:
		fault = invalid("Source queue must be configured as a Dead Letter Queue.")
	case req.DestinationARN == req.SourceARN:
		fault = invalid("Source queue arn and destination queue arn must be different.")
	case destination != nil && destination.Config().FIFO != source.Config().FIFO:
		fault = invalid("Source and destination queues must be of the same type.")
	case req.MaxNumberOfMessagesPerSecond < 0 || req.MaxNumberOfMessagesPerSecond > maxMoveRate:
		fault = invalid("Value %d for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and %d, if provided.", req.MaxNumberOfMessagesPerSecond, maxMoveRate)
	}
	if fault != nil {
		return "", located("StartMessageMoveTask", req.SourceARN, fault)
	}
	id := uuid.NewString()
	t := &moveTask{
		id: id, handle: taskHandleOf(id, req.SourceARN), source: source, request: req,
		started: time.Unix(0, r.now()), status: MoveRunning,
		toMove: int64(source.Metrics().ApproximateNumberOfMessagesVisible),
	}
	if err := r.begin(t); err != nil {
		return "", located("StartMessageMoveTask", req.SourceARN, err)
	}
	if err := source.acknowledge("StartMessageMoveTask", t.tell()); err != nil {
		return "", err
	}
	return t.handle, nil
}

// begin adds a task and starts it.
func (r *registry) begin(t *moveTask) error {
	name := t.request.SourceARN
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return &Error{Err: ErrClosed}
	}
	before := r.tasks[name]
	if len(before) > 0 && before[0].running() {
		return invalid("There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
	}
	before = before[:min(len(before), rememberedTasks-1)]
	r.tasks[name] = append([]*moveTask{t}, before...)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(0, t.step)
	return nil
}

// CancelMessageMoveTask stops a running task and returns how many messages it has
// moved; they stay moved. It fails with ErrInvalidParameterValue for what is no
// task handle, and with ErrResourceNotFound if there is no such task running.
// (CancelMessageMoveTask.)
func (s *Service) CancelMessageMoveTask(taskHandle string) (moved int64, err error) {
	if err := s.registry.open("CancelMessageMoveTask"); err != nil {
		return 0, err
	}
	id, source, ok := parseTaskHandle(taskHandle)
	if !ok {
		return 0, located("CancelMessageMoveTask", "", invalid("Value for parameter TaskHandle is invalid."))
	}
	if s.registry.find(source) == nil {
		return 0, located("CancelMessageMoveTask", source, noResource("SourceArn"))
	}
	s.registry.mu.RLock()
	tasks := s.registry.tasks[source]
	s.registry.mu.RUnlock()
	i := slices.IndexFunc(tasks, func(t *moveTask) bool { return t.id == id })
	if i < 0 || !tasks[i].cancel() {
		return 0, located("CancelMessageMoveTask", source, &Error{Err: ErrResourceNotFound, Message: "Task does not exist."})
	}
	if err := tasks[i].source.acknowledge("CancelMessageMoveTask", tasks[i].tell()); err != nil {
		return 0, err
	}
	return tasks[i].describe().ApproximateNumberOfMessagesMoved, nil
}

// ListMessageMoveTasks lists the latest tasks of a source, at most ten of them,
// the newest first. limit is 1 to 10; zero means 1. It fails with
// ErrResourceNotFound or ErrInvalidParameterValue. (ListMessageMoveTasks.)
func (s *Service) ListMessageMoveTasks(sourceARN string, limit int) ([]MoveTask, error) {
	if err := s.registry.open("ListMessageMoveTasks"); err != nil {
		return nil, err
	}
	switch {
	case s.registry.find(sourceARN) == nil:
		return nil, located("ListMessageMoveTasks", sourceARN, noResource("SourceArn"))
	case limit < 0 || limit > rememberedTasks:
		return nil, located("ListMessageMoveTasks", sourceARN, invalid("Value %d for parameter MaxResults is invalid. Reason: MaxResults must be between 1 and %d.", limit, rememberedTasks))
	}
	s.registry.mu.RLock()
	tasks := s.registry.tasks[sourceARN]
	s.registry.mu.RUnlock()
	var list []MoveTask
	for _, t := range tasks[:min(len(tasks), max(limit, 1))] {
		list = append(list, t.describe())
	}
	return list, nil
}

func noResource(parameter string) *Error {
	return &Error{Err: ErrResourceNotFound, Message: "The resource that you specified for the " + parameter + " parameter doesn't exist."}
}

// A task handle is the base64 of a JSON object, as AWS's are.
type taskHandleJSON struct {
	TaskID    string `json:"taskId"`
	SourceARN string `json:"sourceArn"`
}

func taskHandleOf(id, source string) string {
	b, _ := json.Marshal(taskHandleJSON{id, source}) // can not fail: two strings
	return base64.StdEncoding.EncodeToString(b)
}

func parseTaskHandle(handle string) (id, source string, ok bool) {
	b, err := base64.StdEncoding.DecodeString(handle)
	if err != nil {
		return "", "", false
	}
	var fields taskHandleJSON
	if json.Unmarshal(b, &fields) != nil || fields.TaskID == "" || fields.SourceARN == "" {
		return "", "", false
	}
	return fields.TaskID, fields.SourceARN, true
}
