package sns

import "encoding/json"

// maxDataProtectionPolicy is in bytes. (PutDataProtectionPolicy.)
const maxDataProtectionPolicy = 30_720

// PutDataProtectionPolicy replaces the topic's data protection policy, a JSON object
// of at most 30,720 bytes; empty removes it. The policy is kept, and Config returns
// it; it is not enforced. It fails with ErrInvalidParameter or ErrNotFound.
// (PutDataProtectionPolicy.)
func (t *LocalTopic) PutDataProtectionPolicy(policy string) error {
	return t.change("PutDataProtectionPolicy", func(cfg Config) (Config, error) {
		cfg.DataProtectionPolicy = policy
		return cfg, nil
	})
}

func checkDataProtectionPolicy(policy string) *Error {
	switch {
	case policy == "":
	case len(policy) > maxDataProtectionPolicy:
		return invalid("DataProtectionPolicy Reason: Length must be less than or equal to %d", maxDataProtectionPolicy)
	case !isJSONObject(policy):
		return invalid("DataProtectionPolicy Reason: Policy must be a JSON object")
	}
	return nil
}

func isJSONObject(s string) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal([]byte(s), &object) == nil && object != nil
}
