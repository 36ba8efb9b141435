package sns

// What tests of package sns_test need and users do not.
var OpenFS = openFS

// LogSize returns how many bytes the log of a durable service has, and how many segments.
func (s *Service) LogSize() (bytes int64, segments int) {
	for _, segment := range s.registry.ledger.journal.Segments() {
		bytes += segment.Size
		segments++
	}
	return bytes, segments
}

// MetaFacts returns how many things the next snapshot has.
func (s *Service) MetaFacts() int {
	l := s.registry.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.meta)
}

// CloseJournal closes the journal of a durable service, and tells the service nothing of it.
func CloseJournal(s *Service) error { return s.registry.ledger.journal.Close() }
