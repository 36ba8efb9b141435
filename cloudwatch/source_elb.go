package cloudwatch

import (
	"iter"

	"github.com/leat-go/leat/elb"
)

const elbNamespace = "AWS/ApplicationELB"

// TargetGroup returns the metrics of a target group, with the dimension TargetGroup, which
// is its name: what AWS adds to that in its ARN, leat's groups do not have. A counter that
// stands still is missing, as on AWS. RequestCountPerTarget is not among them, as it is
// none that can be told from one moment. ("CloudWatch metrics for your Application Load
// Balancer" in the User Guide.)
func TargetGroup(group *elb.TargetGroup) Source {
	return SourceFunc(func(yield func(Metric) bool) {
		measureGroup(group, map[string]string{"TargetGroup": group.Name()}).yieldTo(yield)
	})
}

// LoadBalancer returns the metrics of a load balancer, with the dimension LoadBalancer,
// which is its name, and those of its target groups, with that and TargetGroup. It is
// otherwise as TargetGroup.
func LoadBalancer(balancer *elb.LoadBalancer) Source { return balancerSource{balancer} }

type balancerSource struct{ *elb.LoadBalancer }

// Metrics implements Source, in the place of the balancer's own method.
func (s balancerSource) Metrics() iter.Seq[Metric] {
	return func(yield func(Metric) bool) {
		dimensions := map[string]string{"LoadBalancer": s.Name()}
		if !measureBalancer(s.LoadBalancer, dimensions).yieldTo(yield) {
			return
		}
		for _, group := range s.Groups() {
			if !measureGroup(group, with(dimensions, "TargetGroup", group.Name())).yieldTo(yield) {
				return
			}
		}
	}
}

func measureBalancer(balancer *elb.LoadBalancer, dimensions map[string]string) *measurement {
	m, v := measure(elbNamespace, dimensions), balancer.Metrics()
	m.gauge("ActiveConnectionCount", UnitCount, float64(v.ActiveConnectionCount))
	m.sparse = true
	m.counter("RequestCount", UnitCount, v.RequestCount)
	m.counter("GrpcRequestCount", UnitCount, v.GrpcRequestCount)
	m.counter("RuleEvaluations", UnitCount, v.RuleEvaluations)
	m.counter("NewConnectionCount", UnitCount, v.NewConnectionCount)
	m.counter("RejectedConnectionCount", UnitCount, v.RejectedConnectionCount)
	m.counter("ClientTLSNegotiationErrorCount", UnitCount, v.ClientTLSNegotiationErrorCount)
	m.counter("ProcessedBytes", UnitBytes, v.ProcessedBytes)
	m.counter("HTTPCode_ELB_3XX_Count", UnitCount, v.HTTPCodeELB3XXCount)
	m.counter("HTTPCode_ELB_4XX_Count", UnitCount, v.HTTPCodeELB4XXCount)
	m.counter("HTTPCode_ELB_5XX_Count", UnitCount, v.HTTPCodeELB5XXCount)
	m.counter("HTTPCode_ELB_500_Count", UnitCount, v.HTTPCodeELB500Count)
	m.counter("HTTPCode_ELB_502_Count", UnitCount, v.HTTPCodeELB502Count)
	m.counter("HTTPCode_ELB_503_Count", UnitCount, v.HTTPCodeELB503Count)
	m.counter("HTTPCode_ELB_504_Count", UnitCount, v.HTTPCodeELB504Count)
	m.counter("HTTP_Redirect_Count", UnitCount, v.HTTPRedirectCount)
	m.counter("HTTP_Fixed_Response_Count", UnitCount, v.HTTPFixedResponseCount)
	m.counter("DesyncMitigationMode_NonCompliant_Request_Count", UnitCount, v.DesyncMitigationModeNonCompliantRequestCount)
	return m
}

func measureGroup(group *elb.TargetGroup, dimensions map[string]string) *measurement {
	m, v := measure(elbNamespace, dimensions), group.Metrics()
	m.gauge("HealthyHostCount", UnitCount, float64(v.HealthyHostCount))
	m.gauge("UnHealthyHostCount", UnitCount, float64(v.UnHealthyHostCount))
	m.gauge("AnomalousHostCount", UnitCount, float64(v.AnomalousHostCount))
	m.sparse = true
	m.counter("RequestCount", UnitCount, v.RequestCount)
	m.counter("UnhealthyRoutingRequestCount", UnitCount, v.UnhealthyRoutingRequestCount)
	m.counter("HTTPCode_Target_2XX_Count", UnitCount, v.HTTPCodeTarget2XXCount)
	m.counter("HTTPCode_Target_3XX_Count", UnitCount, v.HTTPCodeTarget3XXCount)
	m.counter("HTTPCode_Target_4XX_Count", UnitCount, v.HTTPCodeTarget4XXCount)
	m.counter("HTTPCode_Target_5XX_Count", UnitCount, v.HTTPCodeTarget5XXCount)
	m.counter("TargetConnectionErrorCount", UnitCount, v.TargetConnectionErrorCount)
	m.counter("TargetTLSNegotiationErrorCount", UnitCount, v.TargetTLSNegotiationErrorCount)
	m.counter("LambdaUserError", UnitCount, v.LambdaUserError)
	m.counter("LambdaInternalError", UnitCount, v.LambdaInternalError)
	m.add(Metric{
		Name: "TargetResponseTime", Unit: UnitSeconds, Kind: KindSamples,
		Value: v.TargetResponseTime.Sum.Seconds(), Count: v.TargetResponseTime.Count, Distribution: &v.TargetResponseTime,
	})
	return m
}
