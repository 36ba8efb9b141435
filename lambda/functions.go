package lambda

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leat-go/leat/internal/syntax"
	"github.com/leat-go/leat/sns"
)

// FunctionsConfig says where functions live.
type FunctionsConfig struct {
	// Account is 12 digits; empty means 000000000000.
	Account string
	// Region is a region's name; empty means us-east-1.
	Region string
}

// Functions is a set of functions known by their names and ARNs, as one account sees it
// in one region; As gives the view of another account or region on the same set. All
// methods may be called concurrently. It has no goroutine and needs no Close.
type Functions struct {
	all             *allFunctions
	account, region string
}

type allFunctions struct {
	mu    sync.Mutex
	byARN map[string]*LocalFunction // guarded by mu
}

// NewFunctions returns an empty set. It fails with ErrInvalidParameterValue if cfg has a
// malformed account or region.
func NewFunctions(cfg FunctionsConfig) (*Functions, error) {
	if cfg.Account == "" {
		cfg.Account = "000000000000"
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	f := &Functions{all: &allFunctions{byARN: map[string]*LocalFunction{}}}
	return f.As(cfg.Account, cfg.Region)
}

// As returns the view that an account (12 digits) has of the set in a region. It fails
// with ErrInvalidParameterValue if either is malformed.
func (f *Functions) As(account, region string) (*Functions, error) {
	check := faults{op: "As"}
	check.require(syntax.IsAccount(account), "The account is %.20q; it must be 12 digits.", account)
	check.require(syntax.IsRegion(region), "The region is %.70q; that is no region's name.", region)
	if err := check.err(); err != nil {
		return nil, err
	}
	return &Functions{f.all, account, region}, nil
}

// Account returns the 12 digits of the account whose view this is.
func (f *Functions) Account() string { return f.account }

// Region returns the region whose view this is.
func (f *Functions) Region() string { return f.region }

// Register makes a function known under a name of 1 to 64 letters, digits, hyphens and
// underscores. The name may go on with a colon and the name of a version or an alias,
// 1 to 128 such characters, which then is a function by itself: "orders:live". It fails with
// ErrResourceConflict if the name is taken, and with ErrInvalidParameterValue for each
// fault of its arguments, joined.
func (f *Functions) Register(name string, fn Function, cfg FunctionConfig) (*LocalFunction, error) {
	cfg = cfg.withDefaults()
	check := faults{op: "Register"}
	check.require(nameSyntax.MatchString(name), "The name is %.200q; it must be 1 to 64 letters, digits, hyphens and underscores, and may have a qualifier after a colon.", name)
	check.require(fn != nil, "The function is nil.")
	cfg.check(&check)
	if err := check.err(); err != nil {
		return nil, err
	}
	l := &LocalFunction{name: strings.TrimSuffix(name, latest), fn: fn, cfg: cfg}
	l.arn = f.arn(l.name)
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	if f.all.byARN[l.arn] != nil {
		return nil, &Error{Op: "Register", Function: name, Err: ErrResourceConflict, Message: "Function already exist: " + l.name}
	}
	f.all.byARN[l.arn] = l
	return l, nil
}

// Unregister makes a name or ARN unknown. Invocations that run go on; later ones fail
// with ErrResourceNotFound. It fails so itself if there is no such function.
func (f *Functions) Unregister(nameOrARN string) error {
	l, err := f.find("Unregister", nameOrARN)
	if err != nil {
		return err
	}
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	if f.all.byARN[l.arn] == l {
		delete(f.all.byARN, l.arn)
	}
	l.gone.Store(true)
	return nil
}

// Function returns the function of a name or an ARN. The qualifier $LATEST may be left
// out. It fails with ErrResourceNotFound.
func (f *Functions) Function(nameOrARN string) (*LocalFunction, error) {
	return f.find("GetFunction", nameOrARN)
}

// Invoke calls the function of a name or an ARN, as [LocalFunction.Invoke] does. It fails
// with ErrResourceNotFound besides. (Invoke, of type RequestResponse.)
func (f *Functions) Invoke(ctx context.Context, nameOrARN string, payload []byte) ([]byte, error) {
	l, err := f.find("Invoke", nameOrARN)
	if err != nil {
		return nil, err
	}
	return l.Invoke(ctx, payload)
}

// List returns the functions of the account in the region, by their names.
func (f *Functions) List() []*LocalFunction {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	prefix := f.arn("")
	var list []*LocalFunction
	for arn, l := range f.all.byARN {
		if strings.HasPrefix(arn, prefix) {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b *LocalFunction) int { return strings.Compare(a.name, b.name) })
	return list
}

// Metrics returns the sum of the metrics of the functions that List returns.
// MaxDuration is the greatest of theirs, and so is MaxConcurrentExecutions.
func (f *Functions) Metrics() Metrics {
	var sum Metrics
	for _, l := range f.List() {
		m := l.Metrics()
		sum.Invocations += m.Invocations
		sum.Errors += m.Errors
		sum.Throttles += m.Throttles
		sum.Duration += m.Duration
		sum.MaxDuration = max(sum.MaxDuration, m.MaxDuration)
		sum.ConcurrentExecutions += m.ConcurrentExecutions
		sum.MaxConcurrentExecutions = max(sum.MaxConcurrentExecutions, m.MaxConcurrentExecutions)
	}
	return sum
}

// Reset unregisters every function, of all accounts and regions.
func (f *Functions) Reset() {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	for _, l := range f.all.byARN {
		l.gone.Store(true)
	}
	clear(f.all.byARN)
}

// Resolve finds the endpoints of subscriptions that name a function: it is what
// [sns.ServiceConfig].Resolve asks for. The endpoint is that of [Endpoint]. Of other
// protocols it knows nothing, and returns nil. For a function that is not registered it
// fails with ErrResourceNotFound, marked by [sns.Permanent].
func (f *Functions) Resolve(protocol sns.Protocol, address string) (sns.Endpoint, error) {
	if protocol != sns.ProtocolLambda {
		return nil, nil
	}
	l, err := f.find("Invoke", address)
	if err != nil {
		return nil, sns.Permanent(err)
	}
	return Endpoint(l), nil
}

const (
	latest         = ":$LATEST"
	defaultTimeout = 3 * time.Second
)

var nameSyntax = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}(:([a-zA-Z0-9_-]{1,128}|\$LATEST))?$`)

func (f *Functions) find(op, nameOrARN string) (*LocalFunction, error) {
	arn := strings.TrimSuffix(nameOrARN, latest)
	if !strings.HasPrefix(arn, "arn:") {
		arn = f.arn(arn)
	}
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	if l := f.all.byARN[arn]; l != nil {
		return l, nil
	}
	return nil, &Error{Op: op, Function: nameOrARN, Err: ErrResourceNotFound, Message: "Function not found: " + arn}
}

func (f *Functions) arn(name string) string {
	return syntax.FormatARN("lambda", f.region, f.account, "function:"+name)
}
