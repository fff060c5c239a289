/** A stand-in of a bridged provider as the engine meets it: over gRPC, one resource type at a time. */
import { credentials, type Server, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb";

import type { Kind } from "../bridged/kind";
import { bridgedService } from "../bridged/service";
import { fromStruct, toStruct, type Properties } from "../properties";
import { inClear } from "../secrets";
import { listen, newServer } from "../serve";

/** What changes, and what of it replaces. */
export interface Difference {
  readonly changed: readonly string[];
  readonly replaces: readonly string[];
}

/** A served provider. */
export class BridgedHarness {
  private readonly server: Server = newServer();
  private connected: ResourceProviderClient | undefined;

  constructor(
    private readonly name: string,
    private readonly kinds: readonly Kind[],
  ) {}

  get client(): ResourceProviderClient {
    if (this.connected === undefined) throw new Error("start() comes first");
    return this.connected;
  }

  async start(): Promise<void> {
    const { name, kinds } = this;
    this.server.addService(ResourceProviderService, bridgedService({ name, version: "1.2.3", kinds }));
    this.connected = connect(await listen(this.server));
  }

  stop(): void {
    this.client.close();
    this.server.forceShutdown();
  }

  /** The calls for resources of one type. */
  resource(kind: Kind): ResourceCalls {
    return new ResourceCalls(this.client, kind.type);
  }
}

/** A client of a provider on this machine. */
export function connect(port: number): ResourceProviderClient {
  return new ResourceProviderClient(`127.0.0.1:${String(port)}`, credentials.createInsecure());
}

/** What the engine asks about one resource. As the engine does, it sends no secrets to a provider that takes none. */
export class ResourceCalls {
  private readonly urn: string;

  constructor(
    private readonly client: ResourceProviderClient,
    type: string,
  ) {
    this.urn = `urn:pulumi:dev::test::my:index:Parent$${type}::it`;
  }

  async check(news: Properties): Promise<{ inputs: Properties; reasons: string[] }> {
    const request = new rpc.CheckRequest().setUrn(this.urn).setNews(toStruct(news));
    const response = await answer<rpc.CheckResponse>((done) => this.client.check(request, done));
    const reasons = response.getFailuresList().map((failure) => failure.getReason());
    return { inputs: fromStruct(response.getInputs()), reasons };
  }

  async create(inputs: Properties, preview = false): Promise<{ id: string; state: Properties }> {
    const request = new rpc.CreateRequest()
      .setUrn(this.urn)
      .setProperties(toStruct(inClear(inputs)))
      .setPreview(preview);
    const response = await answer<rpc.CreateResponse>((done) => this.client.create(request, done));
    return { id: response.getId(), state: fromStruct(response.getProperties()) };
  }

  async diff(state: Properties, news: Properties): Promise<Difference> {
    const request = new rpc.DiffRequest()
      .setUrn(this.urn)
      .setOlds(toStruct(inClear(state)))
      .setNews(toStruct(inClear(news)));
    const response = await answer<rpc.DiffResponse>((done) => this.client.diff(request, done));
    return { changed: response.getDiffsList().sort(), replaces: response.getReplacesList().sort() };
  }

  async update(state: Properties, news: Properties): Promise<Properties> {
    const request = new rpc.UpdateRequest()
      .setUrn(this.urn)
      .setOlds(toStruct(inClear(state)))
      .setNews(toStruct(inClear(news)));
    const response = await answer<rpc.UpdateResponse>((done) => this.client.update(request, done));
    return fromStruct(response.getProperties());
  }

  async read(
    id: string,
    state: Properties,
    inputs: Properties = {},
  ): Promise<{ state: Properties; inputs: Properties }> {
    const request = new rpc.ReadRequest()
      .setUrn(this.urn)
      .setId(id)
      .setProperties(toStruct(inClear(state)))
      .setInputs(toStruct(inClear(inputs)));
    const response = await answer<rpc.ReadResponse>((done) => this.client.read(request, done));
    return { state: fromStruct(response.getProperties()), inputs: fromStruct(response.getInputs()) };
  }

  async delete(id: string): Promise<void> {
    const request = new rpc.DeleteRequest().setUrn(this.urn).setId(id);
    await answer<Empty>((done) => this.client.delete(request, done));
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
