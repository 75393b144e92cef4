// Serves HashiCorp Vault's AWS auth method as a plugin that OpenBao can run.
package main

import (
	"context"
	"log"
	"os"

	aws "github.com/hashicorp/vault/builtin/credential/aws"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/plugin"
	"github.com/hashicorp/vault/sdk/rotation"
)

// system answers for OpenBao what only Vault can: OpenBao has no rotation manager, so no job is ever there to remove.
type system struct{ logical.SystemView }

func (system) DeregisterRotationJob(context.Context, *rotation.RotationJobDeregisterRequest) error {
	return nil
}

func factory(ctx context.Context, conf *logical.BackendConfig) (logical.Backend, error) {
	conf.System = system{conf.System}
	return aws.Factory(ctx, conf)
}

func main() {
	// It asks STS with Go's own client, which doesn't know AWS's name for the file of trusted CAs.
	if bundle := os.Getenv("AWS_CA_BUNDLE"); bundle != "" {
		os.Setenv("SSL_CERT_FILE", bundle)
	}
	err := plugin.ServeMultiplex(&plugin.ServeOpts{BackendFactoryFunc: factory})
	if err != nil {
		log.Print(err)
		os.Exit(1)
	}
}
