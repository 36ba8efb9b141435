// Command versus compares load balancers by the CPU time that a request costs them: package
// elb, net/http/httputil's ReverseProxy and, where they are installed, nginx and HAProxy.
//
//	go run ./elb/internal/versus            requests over HTTP
//	go run ./elb/internal/versus -layer 4   over TCP, without a look at them
//
// Each balancer is a process of its own. This one sends requests over a number of
// connections that are kept, and answers them as the target, with 128 bytes. CPU time is what
// the kernel has counted for the process and its children. The balancers take turns in short
// rounds, so that what disturbs the machine disturbs all; shown is the median of the rounds.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"time"
)

func main() {
	layer := flag.Int("layer", 7, "the layer: 7 is HTTP, 4 is TCP")
	connections := flag.Int("c", 16, "how many connections there are")
	rounds := flag.Int("rounds", 7, "how often each balancer has its turn")
	length := flag.Duration("t", 2*time.Second, "how long a turn takes")
	only := flag.String("only", "", "the name of the only balancer to measure, if not empty")
	serve := flag.String("serve", "", "be this balancer, in front of -target (for this command's own use)")
	target := flag.String("target", "", "the target's address")
	flag.Parse()
	if *serve != "" {
		fail(be(*serve, *target))
		return
	}
	fail(compare(*layer, *only, *connections, *rounds, *length))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "versus:", err)
		os.Exit(1)
	}
}

// compare measures all balancers of a layer, and prints what they cost.
func compare(layer int, only string, connections, rounds int, length time.Duration) error {
	target, err := newTarget()
	if err != nil {
		return err
	}
	defer target.Close()
	var running []*contestant
	defer func() {
		for _, c := range running {
			c.stop()
		}
	}()
	for _, name := range contestants[layer] {
		if only != "" && name != only {
			continue
		}
		c, err := start(name, target.Addr().String())
		if err != nil {
			fmt.Printf("%-16s left out: %v\n", name, err)
			continue
		}
		running = append(running, c)
	}
	for range rounds {
		for _, c := range running {
			if err := c.measure(connections, length); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	fmt.Printf("%-16s %14s %9s %14s\n", "balancer", "CPU µs/request", "ratio", "allocs/request")
	base := 0.0
	for _, c := range running {
		cpu := median(c.cpu)
		if base == 0 {
			base = cpu
		}
		fmt.Printf("%-16s %14.1f %9.2f", c.name, cpu, cpu/base)
		if c.stats != nil {
			fmt.Printf(" %14.1f", median(c.allocs))
		}
		fmt.Printf("   [%.1f to %.1f]\n", slices.Min(c.cpu), slices.Max(c.cpu))
	}
	return nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
