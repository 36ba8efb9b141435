// Package cloudwatch shows what leat's queues, topics, streams and load balancers count
// under the names that Amazon CloudWatch has for it, and raises alarms on that, in the
// process that uses it.
//
// # Metrics
//
// A [Registry] is what CloudWatch is for one account in one region. It has metrics from
// sources, of which there is one for each service: [SQS], [SNS], [Kinesis], [Firehose],
// [Lambda], [TargetGroup] and [LoadBalancer]. Those of a service show what is in its account and
// region; for another account or region add the source of another view to another registry.
// Programs add metrics of their own with [Registry.Counter] and [Registry.Gauge], or with a
// [Source].
//
// A registry keeps no values: a [Metric] is what it is now, the total of a counter or the
// level of a gauge. [Prometheus] and [Expvar] show them so to who scrapes them.
//
// # Alarms
//
// An [Alarm] does what CloudWatch does in between. It takes a sample each minute, or each
// Period if that is shorter, or as often as Resolution says: of a counter by how much it has
// grown since the last sample, of a gauge what it is. When a period ends, its samples become
// one datapoint by the [Statistic]: Sum, Average, Minimum, Maximum, SampleCount or a
// percentile. So the Sum of a counter is what was counted in the period, exactly. The Average
// of a gauge is that of its samples, and what happens between them is not seen. It is the
// same on AWS, whose own metrics come once a minute. Metrics of samples, such as sizes and
// response times, have the statistics of every single one.
//
// From the newest datapoints the alarm decides its state, OK, ALARM or INSUFFICIENT_DATA:
// it is ALARM when M of the newest N breach the threshold. What becomes of periods without
// data [MissingData] says; the rules are AWS's, to the examples in its guide. Data are missing
// while there is no such metric, as before its queue is created, and for the counters of load
// balancers where nothing was counted.
//
// When the state changes the alarm calls OnChange, and publishes AWS's message to the topics
// in its actions. It does not repeat it while the state stays.
//
// # Differences from AWS
//
// Periods end on the clock, as on AWS, but are decided on at once, where AWS waits for late
// data and looks again every minute, also in the middle of a longer period. What was before
// the alarm counts as missing; AWS has the history. Dimensions of load balancers are plain
// names. There are no metric math, composite alarms, anomaly detection, dashboards or logs,
// and no wire protocol.
//
// # Errors
//
// Every failure is an [*Error] that wraps one of this package's sentinels. Bad input changes
// nothing. An action or a source that fails, or panics, is logged and keeps nothing else from
// going on.
//
// # Time in tests
//
// Every delay is the time package's. In a testing/synctest bubble an alarm that needs three
// bad periods of five minutes is there at once, at the same moment in every run. Close the
// alarm before the bubble ends, or not at all: it is a timer, no goroutine.
package cloudwatch
