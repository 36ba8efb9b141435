package main

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"time"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// watch is what watches the room: metrics, the alarm on one of them, and the topic through
// which that reaches the administrator.
type watch struct {
	registry cloudwatch.Registry
	waiting  *cloudwatch.Gauge
	inside   *cloudwatch.Gauge
	alarm    *cloudwatch.Alarm
	topics   *sns.Service
	topic    *sns.LocalTopic
	mailbox  *mailbox
}

const namespace = "WaitingRoom"

func newWatch(queues *sqs.Service, streams *kinesis.Service, show *display) (*watch, error) {
	w := &watch{mailbox: &mailbox{show: show, confirmations: make(chan sns.Mail, 1)}}
	w.registry.Add(cloudwatch.SQS(queues))
	w.registry.Add(cloudwatch.Kinesis(streams))
	var errs [3]error
	w.waiting, errs[0] = w.registry.Gauge(namespace, "VisitorsWaiting", cloudwatch.UnitCount, nil)
	w.inside, errs[1] = w.registry.Gauge(namespace, "VisitorsInside", cloudwatch.UnitCount, nil)
	w.topics, errs[2] = sns.NewService(sns.ServiceConfig{Mailer: w.mailbox})
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	var err error
	w.topic, err = w.topics.CreateTopic("alerts", sns.Config{DisplayName: "Waiting room"})
	return w, err
}

// begin sets the alarm. It tells the topic of every change of its state: first that, for
// all that it knows, everything is fine.
func (w *watch) begin(p plan) (err error) {
	w.alarm, err = cloudwatch.NewAlarm(&w.registry, cloudwatch.AlarmConfig{
		Name:               "too-many-waiting",
		Namespace:          namespace,
		MetricName:         "VisitorsWaiting",
		Statistic:          cloudwatch.Average,
		Period:             period / resolution * p.takes(resolution),
		Resolution:         p.takes(resolution),
		EvaluationPeriods:  3,
		DatapointsToAlarm:  2,
		Threshold:          float64(p.tooMany()),
		ComparisonOperator: cloudwatch.GreaterThanThreshold,
		AlarmActions:       []sns.Publisher{w.topic},
		OKActions:          []sns.Publisher{w.topic},
		TreatMissingData:   cloudwatch.MissingDataIgnore, // the program was held up
		Relaxed:            true,                         // at a speed periods are shorter than AWS would have them
	})
	return err
}

// subscribe subscribes the mailbox to the alerts. Anybody could do that for any mailbox, so
// the topic sends it nothing but a mail with a link, until that is followed.
func (w *watch) subscribe(ctx context.Context) error {
	if _, err := w.topic.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolEmail, Address: "admin@shop.example"}); err != nil {
		return err
	}
	var mail sns.Mail
	select {
	case mail = <-w.mailbox.confirmations:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	visited, err := url.Parse(link.FindString(mail.Body))
	if err != nil {
		return err
	}
	// The link leads to SNS, where package snshttp would do what follows.
	query := visited.Query()
	_, err = w.topics.ConfirmSubscription(query.Get("TopicArn"), query.Get("Token"), false)
	return err
}

var link = regexp.MustCompile(`https://\S+`)

// every shows the metrics every 10 s of the story, until stop is called.
func (w *watch) every(p plan, show *display) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for n := time.Duration(1); sleep(ctx, p.takes(period)); n++ {
			show.metrics(n*period, w.metrics())
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// metrics returns what is worth seeing, out of all that the registry has.
func (w *watch) metrics() []part {
	read := func(namespace, name string, dimensions map[string]string) int {
		m, _ := w.registry.Metric(namespace, name, dimensions)
		return int(m.Value)
	}
	return []part{
		{"waiting", read(namespace, "VisitorsWaiting", nil)},
		{"inside", read(namespace, "VisitorsInside", nil)},
		{"checks to come", read("AWS/SQS", "ApproximateNumberOfMessagesDelayed", map[string]string{"QueueName": "checks"})},
		{"events so far", read("AWS/Kinesis", "IncomingRecords", map[string]string{"StreamName": "tokens"})},
	}
}

// end lets what the alarm has published arrive.
func (w *watch) end(ctx context.Context) error {
	return errors.Join(w.registry.Close(), w.topics.Shutdown(ctx))
}

func (w *watch) close() error { return errors.Join(w.registry.Close(), w.topics.Close()) }

// quiet tells whether the alarm sees nothing wrong, and the mailbox has all its mails.
func (w *watch) quiet() bool {
	return w.alarm.State() == cloudwatch.StateOK && int(w.mailbox.alerts.Load()) == w.changes()
}

// changes counts those of the alarm's state.
func (w *watch) changes() int {
	if w.alarm == nil {
		return 0
	}
	return len(w.alarm.History())
}
