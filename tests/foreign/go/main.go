// Whoami asks STS who each profile named on the command line is, by the AWS SDK for Go, or with
// -base by aws-sdk-go-base, as Terraform's AWS provider does. An empty name means no profile: what
// the environment gives. It prints one JSON object for each: profile, arn or error, and seconds.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	awsbase "github.com/hashicorp/aws-sdk-go-base/v2"
)

type answer struct {
	Profile string  `json:"profile"`
	Arn     string  `json:"arn,omitempty"`
	Error   string  `json:"error,omitempty"`
	Seconds float64 `json:"seconds"`
}

func byConfig(ctx context.Context, profile string) (aws.Config, error) {
	if profile == "" {
		return config.LoadDefaultConfig(ctx)
	}
	return config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile))
}

func byBase(ctx context.Context, profile string) (aws.Config, error) {
	_, loaded, found := awsbase.GetAwsConfig(ctx, &awsbase.Config{Profile: profile})
	for _, each := range found.Errors() {
		return loaded, errors.New(each.Summary() + ": " + each.Detail())
	}
	return loaded, nil
}

func arn(ctx context.Context, profile string, load func(context.Context, string) (aws.Config, error)) (string, error) {
	loaded, err := load(ctx, profile)
	if err != nil {
		return "", err
	}
	who, err := sts.NewFromConfig(loaded).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	return aws.ToString(who.Arn), nil
}

func main() {
	profiles, load := os.Args[1:], byConfig
	if len(profiles) > 0 && profiles[0] == "-base" {
		profiles, load = profiles[1:], byBase
	}
	out := json.NewEncoder(os.Stdout)
	for _, profile := range profiles {
		begun := time.Now()
		who, err := arn(context.Background(), profile, load)
		told := answer{Profile: profile, Arn: who, Seconds: time.Since(begun).Seconds()}
		if err != nil {
			told.Error = err.Error()
		}
		_ = out.Encode(told)
	}
}
