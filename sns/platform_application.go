package sns

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-go/leat/internal/syntax"
)

// PlatformApplication is an app of a mobile platform, as ListPlatformApplications
// returns it.
type PlatformApplication struct {
	ARN string
	// Attributes are those of PlatformApplicationAttributes; the map is the caller's.
	Attributes map[string]string
}

// application is a platform application.
type application struct {
	arn, name, platform string
	attributes          map[string]string  // credentials included; never changed in place
	devices             map[string]*device // by token
}

// platforms are those of mobile push. ("Mobile push notifications" in the SNS
// Developer Guide.)
var platforms = []string{
	"ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU", "GCM", "MACOS", "MACOS_SANDBOX", "MPNS", "WNS",
}

// applicationAttributes are what SetPlatformApplicationAttributes takes, and Enabled.
var applicationAttributes = []string{
	"PlatformCredential", "PlatformPrincipal", "ApplePlatformTeamID", "ApplePlatformBundleID",
	"EventEndpointCreated", "EventEndpointDeleted", "EventEndpointUpdated", "EventDeliveryFailure",
	"SuccessFeedbackRoleArn", "FailureFeedbackRoleArn", "SuccessFeedbackSampleRate", "Enabled",
}

var applicationNameSyntax = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// CreatePlatformApplication creates an application on a platform: ADM, APNS,
// APNS_SANDBOX, APNS_VOIP, APNS_VOIP_SANDBOX, BAIDU, GCM, MACOS, MACOS_SANDBOX, MPNS
// or WNS. Its name is 1 to 256 of [A-Za-z0-9._-]. The attributes are those of
// SetPlatformApplicationAttributes; PlatformCredential must be among them, and so must
// PlatformPrincipal unless the platform is GCM, but nobody checks whether they are
// right. The same name with the same attributes is the same application. It fails with
// ErrInvalidParameter or ErrValidation. (CreatePlatformApplication.)
func (s *Service) CreatePlatformApplication(name, platform string, attributes map[string]string) (arn string, err error) {
	err = s.alter("CreatePlatformApplication", name, func(h *holdings) error {
		if err := checkApplication(name, platform, attributes); err != nil {
			return err
		}
		arn = "arn:" + syntax.Partition(s.region) + ":sns:" + s.region + ":" + s.account + ":app/" + platform + "/" + name
		all := merged(map[string]string{"Enabled": "true"}, attributes)
		if old := h.applications[arn]; old != nil {
			if !maps.Equal(old.attributes, all) {
				return invalid("Name Reason: An application with the same name but different properties already exists")
			}
			return nil
		}
		h.applications[arn] = &application{arn, name, platform, all, map[string]*device{}}
		h.touch(factApplication, arn)
		return nil
	})
	if err != nil {
		return "", err
	}
	return arn, nil
}

func checkApplication(name, platform string, attributes map[string]string) error {
	switch {
	case name == "":
		return invalid("%s Reason: cannot be empty", name)
	case len(name) > 256:
		return invalid("%s Reason: must be at most 256 characters long", name)
	case !applicationNameSyntax.MatchString(name):
		return invalid("%s Reason: must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'", name)
	case !slices.Contains(platforms, platform):
		return invalid("Platform Reason: %s is not supported", platform)
	}
	if err := checkApplicationAttributes(attributes); err != nil {
		return err
	}
	credential, principal := attributes["PlatformCredential"], attributes["PlatformPrincipal"]
	switch {
	case credential == "" && principal == "":
		return invalid("Attributes Reason: Platform credentials are invalid")
	case credential == "":
		return invalid("Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential")
	case principal == "" && platform != "GCM":
		return invalid("Attributes Reason: PlatformCredential attribute provided without PlatformPrincipal")
	}
	return nil
}

func checkApplicationAttributes(attributes map[string]string) error {
	if len(attributes) == 0 {
		return violated("null", "attributes", "not be null")
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		switch {
		case !slices.Contains(applicationAttributes, name):
			return invalid("Attributes Reason: Invalid attribute name: %s", name)
		case name == "Enabled" && !isBool(value):
			return invalid("Attributes Reason: Invalid value for attribute: Enabled: must be true or false")
		case name == "SuccessFeedbackSampleRate" && value != "" && !isPercentage(value):
			return invalid("Attributes Reason: Invalid value for attribute: SuccessFeedbackSampleRate: %s value provided is not an integer between 0-100", value)
		}
	}
	return nil
}

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

func isPercentage(s string) bool {
	n, err := strconv.ParseUint(s, 10, 8)
	return err == nil && n <= 100
}

// PlatformApplicationAttributes returns an application's attributes, but for its
// credentials; the map is the caller's. It fails with ErrInvalidParameter or
// ErrNotFound. (GetPlatformApplicationAttributes.)
func (s *Service) PlatformApplicationAttributes(arn string) (attributes map[string]string, err error) {
	err = s.administer("GetPlatformApplicationAttributes", arn, func(h *holdings) error {
		a, err := h.application(arn)
		if err == nil {
			attributes = a.shown()
		}
		return err
	})
	return attributes, err
}

// SetPlatformApplicationAttributes changes attributes of an application:
// PlatformCredential, PlatformPrincipal, ApplePlatformTeamID, ApplePlatformBundleID,
// EventEndpointCreated, EventEndpointDeleted, EventEndpointUpdated,
// EventDeliveryFailure, SuccessFeedbackRoleArn, FailureFeedbackRoleArn,
// SuccessFeedbackSampleRate, and Enabled: while that is "false", nothing is sent to
// the application's endpoints. The others are kept and have no effect. An empty value
// removes one. It fails with ErrInvalidParameter, ErrValidation or ErrNotFound, and
// then changes none. (SetPlatformApplicationAttributes.)
func (s *Service) SetPlatformApplicationAttributes(arn string, attributes map[string]string) error {
	return s.alter("SetPlatformApplicationAttributes", arn, func(h *holdings) error {
		a, err := h.application(arn)
		if err != nil {
			return err
		}
		if err := checkApplicationAttributes(attributes); err != nil {
			return err
		}
		a.attributes = merged(a.attributes, attributes)
		h.touch(factApplication, arn)
		return nil
	})
}

// DeletePlatformApplication deletes an application with its endpoints. It is no error
// if there is none. It fails with ErrInvalidParameter for what is no ARN.
// (DeletePlatformApplication.)
func (s *Service) DeletePlatformApplication(arn string) error {
	return s.alter("DeletePlatformApplication", arn, func(h *holdings) error {
		if err := checkARN("PlatformApplicationArn", arn, 2); err != nil {
			return err
		}
		if a := h.applications[arn]; a != nil {
			delete(h.applications, arn)
			h.touch(factApplication, arn)
			for _, d := range a.devices {
				delete(h.devices, d.arn)
				h.touch(factDevice, d.arn)
			}
		}
		return nil
	})
}

// ListPlatformApplications returns a page of the applications of the account and
// region, by ARN, as ListTopics does. (ListPlatformApplications.)
func (s *Service) ListPlatformApplications(token string) (page []PlatformApplication, next string, err error) {
	err = s.administer("ListPlatformApplications", "", func(h *holdings) error {
		all, more, err := paginate(slices.Collect(maps.Values(h.applications)), func(a *application) string { return a.arn }, token, pageSize)
		for _, a := range all {
			page = append(page, PlatformApplication{a.arn, a.shown()})
		}
		next = more
		return err
	})
	return page, next, err
}

// application returns the application that an ARN names.
func (h *holdings) application(arn string) (*application, error) {
	if err := checkARN("PlatformApplicationArn", arn, 2); err != nil {
		return nil, err
	}
	if a := h.applications[arn]; a != nil {
		return a, nil
	}
	return nil, notFound("PlatformApplication")
}

// shown returns a copy of the attributes without the credentials.
func (a *application) shown() map[string]string {
	return merged(a.attributes, map[string]string{"PlatformCredential": "", "PlatformPrincipal": ""})
}

// checkARN returns what is wrong with a parameter that must be an ARN with a number of
// slashes behind its last colon.
func checkARN(parameter, arn string, slashes int) error {
	parts := strings.SplitN(arn, ":", 6)
	switch {
	case len(parts) < 6:
		return invalid("%s Reason: An ARN must have at least 6 elements, not %d", parameter, len(parts))
	case strings.Count(parts[5], "/") != slashes:
		return invalid("%s Reason: Wrong number of slashes in relative portion of the ARN.", parameter)
	}
	return nil
}
