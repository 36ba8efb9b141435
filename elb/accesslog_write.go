package elb

import (
	"io"
	"sync"
)

// maxPooledLine is how long a line's buffer may be to be used again.
const maxPooledLine = 16 << 10

// WriteAccessLog returns an access log, for LoadBalancerConfig.AccessLog, that writes to w
// in AWS's line format, as [AccessRecord.AppendText] describes it. Each line is one call of
// Write, and there is one at a time: w need not be safe for concurrent use, and a request
// waits there for those before it. A w that buffers, or hands over to a goroutine, does not
// hold up requests. Errors of w are not reported.
func WriteAccessLog(w io.Writer) func(*AccessRecord) {
	var mu sync.Mutex
	buffers := sync.Pool{New: func() any { return new([]byte) }}
	return func(r *AccessRecord) {
		buffer := buffers.Get().(*[]byte)
		line, _ := r.AppendText((*buffer)[:0])
		line = append(line, '\n')
		write(&mu, w, line)
		if cap(line) <= maxPooledLine {
			*buffer = line
			buffers.Put(buffer)
		}
	}
}

func write(mu *sync.Mutex, w io.Writer, line []byte) {
	mu.Lock()
	defer mu.Unlock() // even if w panics
	w.Write(line)
}
