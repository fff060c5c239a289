import * as pulumi from "@pulumi/pulumi";
import {
  drainPlan,
  drainProblems,
  type Endpoint,
  type Path,
  type Place,
  type Problem,
  refuse,
  type Resources,
  type Weights,
} from "./core";
import {
  type BackendConfig,
  type Front,
  planRouter,
  type RouterPlan,
  type RouterTransform,
  type Routing,
} from "./routing";
import {
  Cache,
  type CacheTransform,
  type Scaling,
  type WebDatabase,
  WebService,
  type WebServiceArgs,
  type WebServiceTransform,
} from "./workload";

/** The service as it runs in every region. */
export interface ServiceConfig {
  /** How many pods each backend has, and who decides. */
  readonly scaling: Scaling;
  /** What each pod is promised. */
  readonly resources: Resources;
  /**
   * Longest a request is worked on; routers and drains allow for it.
   * @default 5
   */
  readonly requestSeconds?: number | undefined;
  /**
   * For how long a pod that leaves still serves; longer than the router takes to forget it.
   * @default one second longer than the router takes
   */
  readonly drainSeconds?: number | undefined;
  /**
   * A rollout that takes longer fails `up`, with what the pods say.
   * @default 300
   */
  readonly rolloutTimeoutSeconds?: number | undefined;
  /**
   * Least severe line the service logs.
   * @default "info"
   */
  readonly logLevel?: "debug" | "info" | "warn" | "error" | undefined;
}

/** The service's cache. */
export interface CacheConfig {
  /** What the cache's pod may use. */
  readonly memoryMebibytes: number;
}

/** Longest a rollout may take where nobody says otherwise. */
export const defaultRolloutTimeoutSeconds = 300;

/** Where a region's routers, and through them DNS, ask whether it is in service. */
export const regionHealthPath = "/region-health";

/** A backend: its share of the requests, and what its pods run. */
export interface RegionBackend extends BackendConfig {
  /**
   * Another image for this backend's pods, by digest: a canary's, for one. Nothing else is touched by it.
   * @default the service's image
   */
  readonly image?: pulumi.Input<string> | undefined;
}

/** A routing whose backends may each run an image of their own; the router itself knows nothing of images. */
export type RegionRouting = Routing & { readonly backends: Readonly<Record<string, RegionBackend>> };

/** The escape hatch for each part of a {@link Region}. */
export interface RegionTransform {
  readonly cache?: CacheTransform | undefined;
  readonly web?: WebServiceTransform | undefined;
  readonly router?: RouterTransform | undefined;
}

/** What one region runs. */
export interface RegionArgs {
  /** The region's name, as answers tell it. */
  readonly region: string;
  /** Where it runs. */
  readonly place: Place;
  /** Images by digest. */
  readonly images: { readonly web: pulumi.Input<string>; readonly router: pulumi.Input<string> };
  readonly service: ServiceConfig;
  /**
   * The cache and its image by digest. The service answers without one, and says so.
   * @default none
   */
  readonly cache?: (CacheConfig & { readonly image: pulumi.Input<string> }) | undefined;
  /**
   * The region's way to the database, and what must be there before the service.
   * @default none
   */
  readonly database?: (WebDatabase & { readonly after: pulumi.Resource }) | undefined;
  /**
   * Who says whether the region is in service.
   * @default nobody is asked
   */
  readonly health?: Endpoint | undefined;
  /**
   * Who stands in front of the region's routers.
   * @default nobody: only needed where the exposure is a network load balancer
   */
  readonly front?: Front | undefined;
  /** Name or IPv4 address of who resolves names of Services. */
  readonly resolver: string;
  readonly routing: RegionRouting;
  /**
   * The last word on what is made.
   * @default nothing is changed
   */
  readonly transform?: RegionTransform | undefined;
}

/** What is wrong with a service's drain for the router in front of it. */
export function serviceDrainProblems(
  { drainSeconds }: Pick<ServiceConfig, "drainSeconds">,
  routing: Routing,
  path: Path,
): Problem[] {
  const { forgetSeconds } = planRouter(routing);
  return drainProblems({ forgetSeconds, drainSeconds }, [...path, "drainSeconds"]);
}

/** One region that serves traffic by itself: cache, then workload, then router. */
export class Region extends pulumi.ComponentResource {
  /** Where clients reach the region. */
  readonly endpoint: pulumi.Output<string>;
  /** Desired weight by backend. */
  readonly weights: Weights;

  constructor(name: string, args: RegionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:index:Region", name, {}, opts);
    refuse(name, serviceDrainProblems(args.service, args.routing, ["service"]));
    const { place, images, database, health, front, resolver, routing, transform } = args;
    const { requestSeconds, rolloutTimeoutSeconds } = withDefaults(args.service);
    const plan = planRouter(routing, transform?.router);

    const cache = makeCache(`${name}-cache`, args, { parent: this });
    const backends = Object.entries(routing.backends).map(([backend, { weight, image = images.web }]) => {
      const webArgs = webServiceArgs(args, plan, { backend, image, cache });
      const before = [cache, database?.after].filter((part) => part !== undefined);
      const inside = { parent: this, dependsOn: before };
      const web = new WebService(`${name}-web-${backend}`, webArgs, inside);
      return { name: backend, weight, host: web.host, port: web.port, web };
    });
    const router = plan.create(
      `${name}-router`,
      {
        place,
        image: images.router,
        backends,
        front,
        resolver,
        requestSeconds,
        rolloutTimeoutSeconds,
        ...(health === undefined ? {} : { health: { ...health, path: regionHealthPath } }),
      },
      { parent: this, dependsOn: backends.map(({ web }) => web) },
    );

    this.endpoint = router.endpoint;
    this.weights = router.weights;
    this.registerOutputs({ endpoint: this.endpoint, weights: this.weights });
  }
}

const withDefaults = ({
  requestSeconds = 5,
  rolloutTimeoutSeconds = defaultRolloutTimeoutSeconds,
  logLevel = "info",
  ...service
}: ServiceConfig) => ({ ...service, requestSeconds, rolloutTimeoutSeconds, logLevel });

function makeCache(name: string, args: RegionArgs, opts: pulumi.ComponentResourceOptions): Cache | undefined {
  const { place, cache, transform } = args;
  const { rolloutTimeoutSeconds } = withDefaults(args.service);
  return cache === undefined
    ? undefined
    : new Cache(name, { place, rolloutTimeoutSeconds, ...cache, transform: transform?.cache }, opts);
}

/** What differs from backend to backend, and the cache they share. */
interface BackendParts {
  readonly backend: string;
  readonly image: pulumi.Input<string>;
  readonly cache: Cache | undefined;
}

function webServiceArgs(
  { place, region, service, database, transform }: RegionArgs,
  { forgetSeconds, backendsResolveTo }: RouterPlan,
  { backend, image, cache }: BackendParts,
): WebServiceArgs {
  const { scaling, resources, requestSeconds, drainSeconds, rolloutTimeoutSeconds, logLevel } =
    withDefaults(service);
  return {
    place,
    role: { name: "web", instance: `web-${backend}`, component: "service" },
    image,
    environment: {
      BACKEND: backend,
      LOG_LEVEL: logLevel,
      REDIS_ADDRESS: cache?.address ?? "",
      REGION: region,
      REQUEST_SECONDS: String(requestSeconds),
    },
    scaling,
    resources,
    drain: drainPlan({ forgetSeconds, requestSeconds, drainSeconds }),
    rolloutTimeoutSeconds,
    resolvesTo: backendsResolveTo,
    database,
    transform: transform?.web,
  };
}
