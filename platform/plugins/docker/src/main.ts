import { version } from "@pulumi/docker/package.json";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";

import { servePlugin } from "../../support/serve";
import { EngineLog } from "./engine-log";
import { dockerProvider } from "./provider";
import { RunningBuilds } from "./running-builds";

const builds = new RunningBuilds();

void servePlugin(
  {
    name: "pulumi-resource-docker",
    version,
    register: (server, { engineAddress }) => {
      const log = new EngineLog(engineAddress);
      server.addService(ResourceProviderService, dockerProvider({ version, env: process.env, log, builds }));
    },
    close: () => builds.cancel(),
  },
  process.argv.slice(2),
);
