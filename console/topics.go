package console

import (
	"net/url"
	"strings"

	"github.com/leat-go/leat/sns"
)

// topicRow is a topic in a list, and the head of its own page.
type topicRow struct {
	Name          string `json:"name"`
	ARN           string `json:"arn"`
	FIFO          bool   `json:"fifo"`
	Subscriptions int    `json:"subscriptions"`
	Published     int64  `json:"published"`
	Delivered     int64  `json:"delivered"`
	Failed        int64  `json:"failed"`
	FilteredOut   int64  `json:"filteredOut"`
	DeadLettered  int64  `json:"deadLettered"`
	FailedTries   int64  `json:"failedAttempts"` // after which a retry followed, or the end
	Backlog       int    `json:"backlog"`
	Retrying      int    `json:"retrying"`
}

func (c *call) topics(after string) (*listing[topicRow], error) {
	if c.sources.Topics == nil {
		return nil, nil
	}
	topics, next, err := c.sources.Topics.ListTopics(after)
	if err != nil {
		return nil, err
	}
	l := &listing[topicRow]{Items: []topicRow{}, Next: next}
	for _, t := range topics {
		l.Items = append(l.Items, newTopicRow(t))
	}
	return l, nil
}

func newTopicRow(t *sns.LocalTopic) topicRow {
	m := t.Metrics()
	row := topicRow{
		Name:         t.Name(),
		ARN:          t.ARN(),
		FIFO:         t.Config().FIFO,
		Published:    m.NumberOfMessagesPublished,
		Delivered:    m.NumberOfNotificationsDelivered,
		Failed:       m.NumberOfNotificationsFailed,
		FilteredOut:  m.NumberOfNotificationsFilteredOut,
		DeadLettered: m.NumberOfNotificationsRedrivenToDlq,
	}
	for _, sub := range t.Subscriptions() {
		stats := sub.Stats()
		row.Subscriptions++
		row.FailedTries += stats.FailedAttempts
		row.Backlog += stats.Backlog
		row.Retrying += stats.Retrying
	}
	return row
}

// topicReport is a topic's page.
type topicReport struct {
	topicRow
	NoAttributes      int64                     `json:"filteredOutNoMessageAttributes"`
	InvalidAttributes int64                     `json:"filteredOutInvalidAttributes"`
	InvalidBody       int64                     `json:"filteredOutInvalidMessageBody"`
	LostDeadLetters   int64                     `json:"failedToRedriveToDlq"`
	PublishedBytes    int64                     `json:"publishedBytes"`
	Attributes        []pair                    `json:"attributes"`
	Tags              []pair                    `json:"tags"`
	List              listing[subscriptionView] `json:"subscriptionList"`
}

// subscriptionView is a subscription on its topic's page.
type subscriptionView struct {
	ARN             string       `json:"arn"`
	Protocol        sns.Protocol `json:"protocol"`
	Address         string       `json:"address"`
	Queue           string       `json:"queue,omitzero"` // the name of one that this console shows
	Pending         bool         `json:"pending,omitzero"`
	Raw             bool         `json:"raw,omitzero"`
	Filter          string       `json:"filterPolicy,omitzero"`
	FilterScope     string       `json:"filterPolicyScope,omitzero"`
	DeadLetterQueue string       `json:"deadLetterQueue,omitzero"` // its ARN
	Backlog         int          `json:"backlog"`
	Retrying        int          `json:"retrying"`
	Attempts        int64        `json:"attempts"`
	FailedAttempts  int64        `json:"failedAttempts"`
	Delivered       int64        `json:"delivered"`
	DeadLettered    int64        `json:"deadLettered"`
	Dropped         int64        `json:"dropped"`
	LastError       string       `json:"lastError,omitzero"`
}

// topic returns the topic that the page is of.
func (c *call) topic() (*sns.LocalTopic, error) {
	if c.sources.Topics == nil {
		return nil, errNoPage
	}
	return c.sources.Topics.Topic(c.name)
}

func showTopic(c *call) (any, error) {
	t, err := c.topic()
	if err != nil {
		return nil, err
	}
	attributes, err := t.Attributes()
	if err != nil {
		return nil, err
	}
	subs, next, err := t.ListSubscriptions(c.after())
	if err != nil {
		return nil, err
	}
	m := t.Metrics()
	report := &topicReport{
		topicRow:          newTopicRow(t),
		NoAttributes:      m.NumberOfNotificationsFilteredOutNoMessageAttributes,
		InvalidAttributes: m.NumberOfNotificationsFilteredOutInvalidAttributes,
		InvalidBody:       m.NumberOfNotificationsFilteredOutInvalidMessageBody,
		LostDeadLetters:   m.NumberOfNotificationsFailedToRedriveToDlq,
		PublishedBytes:    m.PublishSize,
		Attributes:        pairs(attributes),
		Tags:              pairs(t.Tags()),
		List:              listing[subscriptionView]{Items: []subscriptionView{}, Next: next},
	}
	for _, sub := range subs {
		report.List.Items = append(report.List.Items, c.subscription(sub))
	}
	return report, nil
}

func (c *call) subscription(sub *sns.LocalSubscription) subscriptionView {
	cfg, stats := sub.Config(), sub.Stats()
	view := subscriptionView{
		ARN:            string(sub.ID()),
		Protocol:       cfg.Protocol,
		Address:        withoutPassword(cfg.Address),
		Pending:        sub.Pending(),
		Raw:            cfg.RawMessageDelivery,
		Filter:         cfg.FilterPolicy,
		Backlog:        stats.Backlog,
		Retrying:       stats.Retrying,
		Attempts:       stats.Attempts,
		FailedAttempts: stats.FailedAttempts,
		Delivered:      stats.Delivered,
		DeadLettered:   stats.DeadLettered,
		Dropped:        stats.Dropped,
	}
	if cfg.FilterPolicy != "" {
		view.FilterScope = string(cfg.FilterPolicyScope)
	}
	if cfg.RedrivePolicy != nil {
		view.DeadLetterQueue = cfg.RedrivePolicy.DeadLetterTargetARN
	}
	if stats.LastError != nil {
		view.LastError = stats.LastError.Error()
	}
	if queues := c.sources.Queues; queues != nil && cfg.Protocol == sns.ProtocolSQS {
		if q, err := queues.QueueByARN(cfg.Address); err == nil && (View{q.Account(), q.Region()}) == c.view {
			view.Queue = q.Name()
		}
	}
	return view
}

// withoutPassword returns an address that may be shown: that of an HTTP endpoint can have
// a password, which AWS shows to nobody either. (Subscribe.)
func withoutPassword(address string) string {
	if !strings.Contains(address, "@") || !strings.Contains(address, "://") {
		return address
	}
	u, err := url.Parse(address)
	if err != nil {
		return "an address that is no URL"
	}
	return u.Redacted()
}

func publishMessage(c *call) ([]string, error) {
	t, err := c.topic()
	if err != nil {
		return nil, err
	}
	attributes, err := c.attributes()
	if err != nil {
		return nil, err
	}
	_, err = t.Publish(c.r.Context(), sns.Entry{
		Message:         c.text("body"),
		Subject:         c.field("subject"),
		Attributes:      attributes,
		GroupID:         c.field("group"),
		DeduplicationID: c.field("deduplication"),
	})
	return nil, err
}
