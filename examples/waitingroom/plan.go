package main

import (
	"errors"
	"fmt"
	"time"
)

// plan says what is going to happen.
type plan struct {
	speed    int // how many times as fast as on a clock
	visitors int
	places   int
	seed     uint64
}

// Times of the story. On the clock they are divided by the speed: see plan.takes.
const (
	checkEvery  = 10 * time.Second // how often a token is looked at
	silenceEnds = 2 * checkEvery   // then a silent token is removed
	heartbeat   = 3 * time.Second  // how often a visitor shows to be there
	rush        = 15 * time.Second // in which all visitors come
	period      = 10 * time.Second // of metrics and of the alarm
	resolution  = time.Second      // at which the alarm looks at its metric
)

// The largest values. At a higher speed visitors who are there would seem to be silent, for
// what a machine may take to let them speak.
const (
	maxSpeed    = 100
	maxVisitors = 100_000
	maxPlaces   = 100_000
)

func (p plan) validate() error {
	var errs []error
	within := func(flag string, value, most int) {
		if value < 1 || value > most {
			errs = append(errs, fmt.Errorf("-%s must be 1 to %d", flag, most))
		}
	}
	within("speed", p.speed, maxSpeed)
	within("visitors", p.visitors, maxVisitors)
	within("places", p.places, maxPlaces)
	return errors.Join(errs...)
}

// takes returns how long on the clock something takes that takes d in the story. From a
// millisecond on it is whole ones, as the arrival times of records are.
func (p plan) takes(d time.Duration) time.Duration {
	if d /= time.Duration(p.speed); d < time.Millisecond {
		return d
	}
	return d.Truncate(time.Millisecond)
}

// patience returns how long a token may be silent, on the clock.
func (p plan) patience() time.Duration { return silenceEnds / checkEvery * p.takes(checkEvery) }

// told returns how long something took in the story that took d on the clock.
func (p plan) told(d time.Duration) time.Duration { return d * time.Duration(p.speed) }

// tooMany is how many may wait before the alarm is raised.
func (p plan) tooMany() int { return 2 * p.places }
