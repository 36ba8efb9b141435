// Package awsquery reads the requests and writes the responses of AWS's Query
// protocol, form parameters in and XML out, into and from structs as package
// awsshape describes them. Lists and maps follow what a field's tag says:
//
//	Names []string                            Names.member.1=a&Names.member.2=b
//	Names []string `query:"Name,flat"`        Name.1=a&Name.2=b
//	Tags  map[string]string                   Tags.entry.1.key=a&Tags.entry.1.value=b
//	Tags  map[string]string `query:"Tag,flat,key=Key,value=Value"`
//	                                          Tag.1.Key=a&Tag.1.Value=b
//
// XML is built the same way, an element for each part of a parameter's name:
// <Names><member>a</member></Names>, or flat <Name>a</Name><Name>b</Name>.
package awsquery
