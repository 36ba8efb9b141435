package elb

import (
	"context"
	"log/slog"
	"strings"
	"time"
)

// SlogAccessLog returns an access log, for LoadBalancerConfig.AccessLog, that hands each
// request to h as a record with the message "request" and the time of the answer. Its level
// is slog.LevelError if the client got a status of 500 or more, slog.LevelWarn for 400 to
// 499, else slog.LevelInfo; where h is not enabled for that, nothing more is done.
//
// The attributes have AWS's names: type, elb, client, target (the target's name),
// request_processing_time, target_processing_time, response_processing_time (durations),
// elb_status_code, target_status_code, received_bytes, sent_bytes, request_method,
// request_url, request_proto, user_agent, ssl_cipher, ssl_protocol, target_group_arn,
// trace_id, domain_name, chosen_cert_arn, matched_rule_priority, request_creation_time,
// actions_executed, redirect_url, error_reason, target_list and target_status_code_list (if
// there were several), classification, classification_reason, conn_trace_id,
// transformed_host, transformed_uri, request_transform_status. Where the line format has a
// "-" or a -1, there is no attribute. Nothing is escaped; that is h's business. Errors of h
// are not reported.
func SlogAccessLog(h slog.Handler) func(*AccessRecord) {
	return func(r *AccessRecord) {
		ctx, level := context.Background(), r.level()
		if !h.Enabled(ctx, level) {
			return
		}
		record := slog.NewRecord(r.Time, level, "request", 0)
		var room [34]slog.Attr
		record.AddAttrs(r.attrs(room[:0])...)
		h.Handle(ctx, record)
	}
}

func (r *AccessRecord) level() slog.Level {
	switch {
	case r.Status >= 500:
		return slog.LevelError
	case r.Status >= 400:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// attrs appends what is known as attributes.
func (r *AccessRecord) attrs(a []slog.Attr) []slog.Attr {
	text := func(key, value string) {
		if value != "" {
			a = append(a, slog.String(key, value))
		}
	}
	number := func(key string, value int64, known bool) {
		if known {
			a = append(a, slog.Int64(key, value))
		}
	}
	took := func(key string, value time.Duration) {
		if value >= 0 {
			a = append(a, slog.Duration(key, value))
		}
	}
	text("type", r.Type)
	text("elb", r.Name)
	if r.Client.IsValid() {
		text("client", plain(r.Client).String())
	}
	if r.Target != nil {
		text("target", r.Target.Name())
	}
	took("request_processing_time", r.RequestTime)
	took("target_processing_time", r.TargetTime)
	took("response_processing_time", r.ResponseTime)
	number("elb_status_code", int64(r.Status), r.Status != 0)
	number("target_status_code", int64(r.TargetStatus), r.TargetStatus != 0)
	number("received_bytes", r.ReceivedBytes, true)
	number("sent_bytes", r.SentBytes, true)
	text("request_method", r.Method)
	text("request_url", r.URL)
	text("request_proto", r.Proto)
	text("user_agent", r.UserAgent)
	text("ssl_cipher", r.TLSCipher)
	text("ssl_protocol", r.TLSProtocol)
	text("target_group_arn", r.GroupARN)
	text("trace_id", r.TraceID)
	text("domain_name", r.Domain)
	text("chosen_cert_arn", r.CertARN)
	number("matched_rule_priority", int64(r.RulePriority), r.RulePriority >= 0)
	if !r.Begun.IsZero() {
		a = append(a, slog.Time("request_creation_time", r.Begun))
	}
	text("actions_executed", strings.Join(r.Actions, ","))
	text("redirect_url", r.RedirectURL)
	text("error_reason", r.ErrorReason)
	if len(r.Attempts) > 1 {
		names, statuses := make([]string, len(r.Attempts)), make([]int, len(r.Attempts))
		for i, attempt := range r.Attempts {
			if attempt.Target != nil {
				names[i] = attempt.Target.Name()
			}
			statuses[i] = attempt.Status
		}
		a = append(a, slog.Any("target_list", names), slog.Any("target_status_code_list", statuses))
	}
	text("classification", r.Classification)
	text("classification_reason", r.ClassificationReason)
	text("conn_trace_id", r.ConnTraceID)
	text("transformed_host", r.TransformedHost)
	text("transformed_uri", r.TransformedURI)
	text("request_transform_status", r.TransformStatus)
	return a
}
