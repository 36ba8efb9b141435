package sdktest

// maxEntries is how many entries a batch of SQS and of SNS may have.
const maxEntries = 10

// inParts calls do for a batch of n in parts that fit a request, in order: of maxEntries
// and maxBytes in all, by size, or of any size if that is nil. AWS refuses some
// requests as a whole for the sake of one entry: then each entry gets a request of its
// own, for the others are owed theirs, and fail is told those that are refused. A
// failure that is not about entries ends the batch.
func inParts(n, maxEntries, maxBytes int, size func(i int) int, aboutAnEntry func(error) bool, do func(from, to int) error, fail func(i int, err error)) error {
	for from := 0; from < n; {
		to := from + 1
		for bytes := sizeAt(size, from); to < n && to-from < maxEntries; to++ {
			if bytes += sizeAt(size, to); bytes > maxBytes {
				break
			}
		}
		err := do(from, to)
		for i := from; err != nil && aboutAnEntry(err) && i < to; i++ {
			if err := do(i, i+1); err != nil {
				fail(i, err)
			}
		}
		if err != nil && !aboutAnEntry(err) {
			return err
		}
		from = to
	}
	return nil
}

func sizeAt(size func(int) int, i int) int {
	if size == nil {
		return 0
	}
	return size(i)
}
