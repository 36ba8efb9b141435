package sqs

// OpenFS is Open for a file system of a test.
var OpenFS = openFS

// CloseJournal closes the journal of a service on disk, and tells the service nothing of it.
func CloseJournal(s *Service) error { return s.registry.store.journal.Close() }
