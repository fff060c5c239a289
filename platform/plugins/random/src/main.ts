import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { version } from "@pulumi/random/package.json";

import { bridgedService } from "../../support/bridged/service";
import { servePlugin } from "../../support/serve";
import { kinds } from "./kinds";

void servePlugin(
  {
    name: "pulumi-resource-random",
    version,
    register: (server) => {
      server.addService(ResourceProviderService, bridgedService({ name: "random", version, kinds }));
    },
    close: () => Promise.resolve(),
  },
  process.argv.slice(2),
);
