/** The provider as the engine meets it: over gRPC, in a folder of its own, with a log to look at. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { credentials, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CheckRequest,
  CreateRequest,
  type CheckResponse,
  type CreateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { EngineLog } from "../src/engine-log";
import { fromStruct, toStruct, type Properties } from "../../support/properties";
import { dockerProvider } from "../src/provider";
import { RunningBuilds } from "../src/running-builds";

export const urn = "urn:pulumi:dev::test::docker:index/image:Image::web";
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const imageName = "registry.example:5000/team/web:1";
export const digest = `sha256:${"a".repeat(64)}`;
export const configDigest = `sha256:${"b".repeat(64)}`;

/** Reports the digests as buildx does. */
const writeMetadata = `
while [ "$1" != --metadata-file ]; do shift; done
echo '{"containerimage.digest":"${digest}","containerimage.config.digest":"${configDigest}"}' > "$2"`;

/** A served provider. Its working directory is {@link folder}, with a context `app` and a Dockerfile. */
export class Harness {
  readonly folder = mkdtempSync(path.join(tmpdir(), "provider-"));
  readonly messages: LogRequest[] = [];
  readonly builds = new RunningBuilds();
  private readonly servers: Server[] = [];
  private readonly home = process.cwd();
  private connected: ResourceProviderClient | undefined;

  get client(): ResourceProviderClient {
    if (this.connected === undefined) throw new Error("start() comes first");
    return this.connected;
  }

  async start(): Promise<void> {
    for (const name of ["bin", "tmp", "app"]) mkdirSync(path.join(this.folder, name));
    process.chdir(this.folder);
    process.env["TMPDIR"] = path.join(this.folder, "tmp");
    writeFileSync("app/Dockerfile", "FROM scratch\n");
    this.installBuildx(`
      echo "$@" > ${this.folder}/arguments
      env > ${this.folder}/environment
      echo '#1 [1/1] RUN make' >&2${writeMetadata}`);

    const log = new EngineLog(await this.serve(this.engine()));
    const env = {
      PATH: `${this.folder}/bin:/usr/bin:/bin`,
      HOME: this.folder,
      SSL_CERT_FILE: path.join(this.folder, "app/Dockerfile"),
    };
    const provider = new Server();
    provider.addService(
      ResourceProviderService,
      dockerProvider({ version: "5.2.0", env, log, builds: this.builds }),
    );
    this.connected = new ResourceProviderClient(await this.serve(provider), credentials.createInsecure());
  }

  stop(): void {
    this.client.close();
    for (const server of this.servers) server.forceShutdown();
    process.chdir(this.home);
    delete process.env["TMPDIR"];
    rmSync(this.folder, { recursive: true });
  }

  /** Stands in for buildx: BuildKit itself is met in the scenarios. */
  installBuildx(script: string): void {
    const file = path.join(this.folder, "bin/buildx");
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  async check(news: Properties): Promise<{ inputs: Properties; reasons: string[] }> {
    const request = new CheckRequest().setUrn(urn).setNews(toStruct(news));
    const response = await answer<CheckResponse>((done) => this.client.check(request, done));
    const reasons = response.getFailuresList().map((failure) => failure.getReason());
    return { inputs: fromStruct(response.getInputs()), reasons };
  }

  /** Checks inputs and creates the image: its state. */
  async create(news: Properties, preview = false): Promise<Properties> {
    const { inputs } = await this.check(news);
    const request = new CreateRequest().setUrn(urn).setProperties(toStruct(inputs)).setPreview(preview);
    const response = await answer<CreateResponse>((done) => this.client.create(request, done));
    return fromStruct(response.getProperties());
  }

  private engine(): Server {
    const engine = new Server();
    engine.addService(EngineService, {
      log: (call: { request: LogRequest }, done: (error: null, response: Empty) => void) => {
        this.messages.push(call.request);
        done(null, new Empty());
      },
    });
    return engine;
  }

  private serve(server: Server): Promise<string> {
    this.servers.push(server);
    return new Promise((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(`127.0.0.1:${String(port)}`);
        else reject(error);
      });
    });
  }
}

/** The response of a call, or an error with the text that a user would see. */
export function answer<Response>(
  send: (done: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    send((error, response) => {
      if (error === null) resolve(response);
      else reject(new Error(error.details));
    });
  });
}
