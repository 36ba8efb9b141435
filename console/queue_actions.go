package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat/sqs"
)

// field returns a field of the form that was sent.
func (c *call) field(name string) string { return c.r.PostForm.Get(name) }

// text returns a field of several lines, with the line ends that were meant: a form sends
// them as CR LF. (HTML standard, "Constructing the entry list".)
func (c *call) text(name string) string { return strings.ReplaceAll(c.field(name), "\r\n", "\n") }

// attributes returns the message attributes of a form: a line "name=value" for each.
func (c *call) attributes() (map[string]sqs.Attribute, error) {
	attributes := map[string]sqs.Attribute{}
	for line := range strings.Lines(c.text("attributes")) {
		line = strings.TrimSuffix(line, "\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, badInput("an attribute is a line name=value")
		}
		attributes[strings.TrimSpace(name)] = sqs.StringAttribute(value)
	}
	return attributes, nil
}

func sendMessage(c *call) ([]string, error) {
	q, err := c.queue()
	if err != nil {
		return nil, err
	}
	attributes, err := c.attributes()
	if err != nil {
		return nil, err
	}
	entry := sqs.Entry{Body: c.text("body"), Attributes: attributes, GroupID: c.field("group"), DeduplicationID: c.field("deduplication")}
	if text := c.field("delay"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > 900 {
			return nil, badInput("the delay must be 0 to 900 seconds")
		}
		entry.Delay = new(time.Duration(n) * time.Second)
	}
	_, err = q.Send(c.r.Context(), entry)
	return nil, err
}

func purgeQueue(c *call) ([]string, error) {
	q, err := c.queue()
	if err != nil {
		return nil, err
	}
	return nil, q.Purge()
}

func deleteQueue(c *call) ([]string, error) {
	q, err := c.queue()
	if err != nil {
		return nil, err
	}
	return []string{"queues", ""}, c.sources.Queues.DeleteQueue(q.Name())
}

// redriveQueue moves the messages of a dead-letter queue, back if the form names no
// destination.
func redriveQueue(c *call) ([]string, error) {
	q, err := c.queue()
	if err != nil {
		return nil, err
	}
	request := sqs.MoveRequest{SourceARN: q.ARN()}
	if name := c.field("destination"); name != "" {
		destination, err := c.sources.Queues.Queue(name)
		if err != nil {
			return nil, err
		}
		request.DestinationARN = destination.ARN()
	}
	if text := c.field("rate"); text != "" {
		if request.MaxNumberOfMessagesPerSecond, err = strconv.Atoi(text); err != nil {
			return nil, badInput("the rate must be a whole number")
		}
	}
	_, err = c.sources.Queues.StartMessageMoveTask(request)
	return nil, err
}

func cancelRedrive(c *call) ([]string, error) {
	if _, err := c.queue(); err != nil {
		return nil, err
	}
	_, err := c.sources.Queues.CancelMessageMoveTask(c.field("task"))
	return nil, err
}
