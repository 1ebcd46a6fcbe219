package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The parts of CycloneDX 1.6 (ECMA-424) that a program of ours needs, in the order of the specification.

type document struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber,omitempty"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []*component `json:"components"`
	Dependencies []dependency `json:"dependencies"`
	Compositions []composed   `json:"compositions"`
}

type metadata struct {
	Timestamp  string    `json:"timestamp,omitempty"`
	Lifecycles []phase   `json:"lifecycles"`
	Tools      toolSet   `json:"tools"`
	Component  component `json:"component"`
}

type phase struct {
	Phase string `json:"phase"`
}

type toolSet struct {
	Components []component `json:"components"`
}

type component struct {
	Type        string       `json:"type"`
	Ref         string       `json:"bom-ref,omitempty"`
	Name        string       `json:"name"`
	Version     string       `json:"version,omitempty"`
	Description string       `json:"description,omitempty"`
	Scope       string       `json:"scope,omitempty"`
	Hashes      []digest     `json:"hashes,omitempty"`
	Licenses    []license    `json:"licenses,omitempty"`
	CPE         string       `json:"cpe,omitempty"`
	PURL        string       `json:"purl,omitempty"`
	Components  []*component `json:"components,omitempty"`
	Properties  []property   `json:"properties,omitempty"`
}

type digest struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"` // hexadecimal digits
}

type license struct {
	License struct {
		ID string `json:"id"` // of SPDX
	} `json:"license"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

// composed says how complete a list is.
type composed struct {
	Aggregate  string   `json:"aggregate"`
	Assemblies []string `json:"assemblies"`
}

// licensed is the list of one license, none for "".
func licensed(id string) []license {
	if id == "" {
		return nil
	}
	var l license
	l.License.ID = id
	return []license{l}
}

// encode sorts the lists, numbers the document after its content, and gives the bytes: the same ones for the same
// program. The time is that of SOURCE_DATE_EPOCH, in seconds, or there is none.
func (d *document) encode() ([]byte, error) {
	d.Schema, d.Format, d.Spec, d.Version = "http://cyclonedx.org/schema/bom-1.6.schema.json", "CycloneDX", "1.6", 1
	if epoch := os.Getenv("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
		}
		d.Metadata.Timestamp = time.Unix(seconds, 0).UTC().Format(time.RFC3339)
	}
	slices.SortFunc(d.Components, func(a, b *component) int { return strings.Compare(a.Ref, b.Ref) })
	slices.SortFunc(d.Dependencies, func(a, b dependency) int { return strings.Compare(a.Ref, b.Ref) })
	for _, dep := range d.Dependencies {
		slices.Sort(dep.DependsOn)
	}
	d.Serial = ""
	text, err := d.text()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID of version 8 (RFC 9562, 5.8): from a digest of our choice
	d.Serial = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	return d.text()
}

func (d *document) text() ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(d)
	return text.Bytes(), err
}
