import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { version } from "@pulumi/pulumi/version";

import { servePlugin } from "../../support/serve";
import { Children } from "./children";
import { languageHost } from "./host";

const children = new Children();

void servePlugin(
  {
    name: "pulumi-language-nodejs",
    version,
    register: (server, { engineAddress, stop }) => {
      server.addService(
        LanguageRuntimeService,
        languageHost({ version, engineAddress, children, engineGone: stop }),
      );
    },
    close: () => children.endAll(),
  },
  process.argv.slice(2),
);
