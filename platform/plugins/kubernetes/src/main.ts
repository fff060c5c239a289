import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { version } from "@pulumi/kubernetes/package.json";

import { servePlugin } from "../../support/serve";
import { Engine } from "./engine";
import { KubernetesProvider } from "./provider";
import { resourceProviderService } from "./service";

let close = (): Promise<void> => Promise.resolve();

void servePlugin(
  {
    name: "pulumi-resource-kubernetes",
    version: `v${version}`,
    register: (server, { engineAddress }) => {
      const engine = new Engine(engineAddress);
      const provider = new KubernetesProvider(engine);
      close = () => {
        provider.cancel();
        engine.close();
        return Promise.resolve();
      };
      server.addService(ResourceProviderService, resourceProviderService(provider, `v${version}`));
    },
    close: () => close(),
  },
  process.argv.slice(2),
);
