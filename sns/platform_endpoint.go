package sns

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leat-go/leat/internal/syntax"
)

const (
	maxUserData    = 2048 // bytes
	maxToken       = 8192 // bytes
	maxAppleTokens = 400  // hexadecimal digits
)

// PlatformEndpoint is an app on a device, as ListEndpointsByPlatformApplication returns
// it.
type PlatformEndpoint struct {
	ARN string
	// Attributes are those of EndpointAttributes; the map is the caller's.
	Attributes map[string]string
}

// device is a platform endpoint.
type device struct {
	arn         string
	application *application
	attributes  map[string]string // Enabled, Token and CustomUserData; never changed in place
}

// CreatePlatformEndpoint registers a device with an application, by the token that the
// platform gave it. The attributes are those of SetEndpointAttributes, all optional,
// and count for more than the parameters before them. The same token with the same
// user data is the same endpoint. It fails with ErrInvalidParameter or ErrNotFound.
// (CreatePlatformEndpoint.)
func (s *Service) CreatePlatformEndpoint(applicationARN, token, userData string, attributes map[string]string) (arn string, err error) {
	err = s.alter("CreatePlatformEndpoint", applicationARN, func(h *holdings) error {
		a, err := h.application(applicationARN)
		if err != nil {
			return err
		}
		if reason := a.tokenFault(token); reason != "" {
			return invalid("Token Reason: %s", reason)
		}
		if len(userData) > maxUserData {
			return invalid("CustomUserData Reason: must be at most %d bytes long in UTF-8 encoding", maxUserData)
		}
		if err := a.checkEndpointAttributes(attributes); err != nil {
			return err
		}
		all := merged(map[string]string{"Enabled": "true", "Token": token}, map[string]string{"CustomUserData": userData})
		all = merged(all, attributes)
		if old := a.devices[all["Token"]]; old != nil {
			enabled, given := attributes["Enabled"]
			if old.attributes["CustomUserData"] != all["CustomUserData"] || given && !strings.EqualFold(old.attributes["Enabled"], enabled) {
				return old.taken()
			}
			arn = old.arn
			return nil
		}
		arn = strings.Replace(a.arn, ":app/", ":endpoint/", 1) + "/" + uuid.NewString()
		d := &device{arn, a, all}
		h.devices[arn], a.devices[all["Token"]] = d, d
		h.touch(factDevice, arn)
		return nil
	})
	return arn, err
}

// EndpointAttributes returns a platform endpoint's attributes: Enabled, Token and, if
// there is any, CustomUserData; the map is the caller's. It fails with
// ErrInvalidParameter or ErrNotFound. (GetEndpointAttributes.)
func (s *Service) EndpointAttributes(arn string) (attributes map[string]string, err error) {
	err = s.administer("GetEndpointAttributes", arn, func(h *holdings) error {
		d, err := h.device(arn)
		if err == nil {
			attributes = merged(d.attributes, nil)
		}
		return err
	})
	return attributes, err
}

// SetEndpointAttributes changes attributes of a platform endpoint: Token,
// CustomUserData (at most 2,048 bytes) and Enabled; to one whose Enabled is "false"
// nothing is sent. It fails with ErrInvalidParameter, ErrValidation or ErrNotFound, and
// then changes none. (SetEndpointAttributes.)
func (s *Service) SetEndpointAttributes(arn string, attributes map[string]string) error {
	return s.alter("SetEndpointAttributes", arn, func(h *holdings) error {
		d, err := h.device(arn)
		if err != nil {
			return err
		}
		if len(attributes) == 0 {
			return violated("null", "attributes", "not be null")
		}
		if err := d.application.checkEndpointAttributes(attributes); err != nil {
			return err
		}
		all := merged(d.attributes, attributes)
		if other := d.application.devices[all["Token"]]; other != nil && other != d {
			return other.taken()
		}
		delete(d.application.devices, d.attributes["Token"])
		d.attributes = all
		d.application.devices[all["Token"]] = d
		h.touch(factDevice, arn)
		return nil
	})
}

// DeleteEndpoint deletes a platform endpoint, but not its subscriptions. It is no error
// if there is none. It fails with ErrInvalidParameter for what is no ARN.
// (DeleteEndpoint.)
func (s *Service) DeleteEndpoint(arn string) error {
	return s.alter("DeleteEndpoint", arn, func(h *holdings) error {
		if err := checkARN("EndpointArn", arn, 3); err != nil {
			return err
		}
		if d := h.devices[arn]; d != nil {
			delete(h.devices, arn)
			delete(d.application.devices, d.attributes["Token"])
			h.touch(factDevice, arn)
		}
		return nil
	})
}

// ListEndpointsByPlatformApplication returns a page of an application's endpoints, by
// ARN, as ListTopics does. It fails with ErrNotFound, too.
// (ListEndpointsByPlatformApplication.)
func (s *Service) ListEndpointsByPlatformApplication(applicationARN, token string) (page []PlatformEndpoint, next string, err error) {
	err = s.administer("ListEndpointsByPlatformApplication", applicationARN, func(h *holdings) error {
		a, err := h.application(applicationARN)
		if err != nil {
			return err
		}
		all, more, err := paginate(slices.Collect(maps.Values(a.devices)), func(d *device) string { return d.arn }, token, pageSize)
		for _, d := range all {
			page = append(page, PlatformEndpoint{d.arn, merged(d.attributes, nil)})
		}
		next = more
		return err
	})
	return page, next, err
}

// device returns the platform endpoint that an ARN names.
func (h *holdings) device(arn string) (*device, error) {
	if err := checkARN("EndpointArn", arn, 3); err != nil {
		return nil, err
	}
	if d := h.devices[arn]; d != nil {
		return d, nil
	}
	return nil, notFound("Endpoint")
}

// taken is the error for a token that d has.
func (d *device) taken() error {
	return invalid("Token Reason: Endpoint %s already exists with the same Token, but different attributes.", d.arn)
}

func (a *application) checkEndpointAttributes(attributes map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value, reason := attributes[name], ""
		switch name {
		case "CustomUserData":
			if len(value) > maxUserData {
				reason = "must be at most 2048 bytes long in UTF-8 encoding"
			}
		case "Enabled":
			if !isBool(value) {
				reason = "must be true or false"
			}
		case "Token":
			reason = a.tokenFault(value)
		default:
			return invalid("Attributes Reason: Invalid attribute name: %s", name)
		}
		if reason != "" {
			return invalid("Attributes Reason: Invalid value for attribute: %s: %s", name, reason)
		}
	}
	return nil
}

// tokenFault returns what is wrong with a device's token, empty for nothing.
func (a *application) tokenFault(token string) string {
	apple := strings.HasPrefix(a.platform, "APNS") || strings.HasPrefix(a.platform, "MACOS")
	switch {
	case token == "":
		return "cannot be empty"
	case apple && (len(token) > maxAppleTokens || strings.Trim(token, "0123456789abcdefABCDEF") != ""):
		return "iOS device tokens must be no more than 400 hexadecimal characters"
	case len(token) > maxToken:
		return "must be at most 8192 bytes long in UTF-8 encoding"
	}
	return ""
}

// deviceToken returns the token of a platform endpoint, of any account, that may be
// sent to. Its errors are permanent: ErrNotFound, ErrEndpointDisabled and
// ErrPlatformApplicationDisabled.
func (s *Service) deviceToken(arn string) (token string, err error) {
	a := &s.registry.admin
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.device(arn)
	switch {
	case d == nil:
		err = notFound("Endpoint")
	case strings.EqualFold(d.application.attributes["Enabled"], "false"):
		err = &Error{Err: ErrPlatformApplicationDisabled}
	case strings.EqualFold(d.attributes["Enabled"], "false"):
		err = &Error{Err: ErrEndpointDisabled}
	default:
		return d.attributes["Token"], nil
	}
	return "", Permanent(located("Publish", arn, err))
}

// device finds the platform endpoint of an ARN among those of all accounts and regions;
// nil means that there is none. The caller holds mu.
func (a *admin) device(arn string) *device {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[1] != syntax.Partition(parts[3]) {
		return nil
	}
	h := a.holdings[place{parts[4], parts[3]}]
	if h == nil {
		return nil
	}
	return h.devices[arn]
}
