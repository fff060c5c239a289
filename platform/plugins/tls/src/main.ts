import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { version } from "@pulumi/tls/package.json";

import { bridgedService } from "../../support/bridged/service";
import { servePlugin } from "../../support/serve";
import { kinds } from "./kinds";

void servePlugin(
  {
    name: "pulumi-resource-tls",
    version,
    register: (server) => {
      server.addService(ResourceProviderService, bridgedService({ name: "tls", version, kinds }));
    },
    close: () => Promise.resolve(),
  },
  process.argv.slice(2),
);
