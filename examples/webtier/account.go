package main

import (
	"errors"
	"fmt"
)

// block is a count, and the parts that must add up to it. They are counted in different
// places: a request that is lost, or sent twice, in between shows.
type block struct {
	what  string
	total int
	parts []part
}

type part struct {
	what  string
	count int
}

// failures is the part that must be zero.
const failures = "failed"

// account says where every request went: first as the balancer and its groups have counted,
// under the names that CloudWatch has for it, then as the visitors have.
func (s *story) account() []block {
	balancer, api, web := s.balancer.Metrics(), s.api.Metrics(), s.web.Metrics()
	v := s.visitors
	return []block{
		{"requests sent", int(v.sent.Load()), []part{
			{fromAPI, int(api.HTTPCodeTarget2XXCount)},
			{fromWeb, int(web.HTTPCodeTarget2XXCount)},
			{fromElse, int(balancer.HTTPRedirectCount)},
			{fromBalancer, int(balancer.HTTPFixedResponseCount)},
			{failures, int(balancer.HTTPCodeELB4XXCount + balancer.HTTPCodeELB5XXCount)},
		}},
		{"answers received", int(balancer.RequestCount), []part{
			{fromAPI, v.got[fromAPI]},
			{fromWeb, v.got[fromWeb]},
			{fromElse, v.got[fromElse]},
			{fromBalancer, v.got[fromBalancer]},
			{failures, v.wrong},
		}},
	}
}

func (s *story) print(account []block) {
	for _, b := range account {
		fmt.Fprintf(s.out, "\n%-26s %5d\n", b.what, b.total)
		for _, p := range b.parts {
			fmt.Fprintf(s.out, "  %-24s %5d\n", p.what, p.count)
		}
	}
}

// check returns an error for each block that does not add up, or has failures.
func check(account []block) error {
	var errs []error
	for _, b := range account {
		sum := 0
		for _, p := range b.parts {
			sum += p.count
			if p.what == failures && p.count > 0 {
				errs = append(errs, fmt.Errorf("%s: %d failed", b.what, p.count))
			}
		}
		if sum != b.total {
			errs = append(errs, fmt.Errorf("%s: %d, but %d are accounted for", b.what, b.total, sum))
		}
	}
	return errors.Join(errs...)
}
