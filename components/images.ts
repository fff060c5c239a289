import * as pulumi from "@pulumi/pulumi";
import { type AwsGround, namespaceOf, needed } from "./core";
import { type DatabaseConfig, databaseRunsInPods } from "./database";
import { type DnsChoice, dnsRunsInPods } from "./dns";
import { createRegistry, GoImage, hasDigest, MirrorImage, type Registry, type RegistryConfig } from "./image";
import type { PeerImages } from "./peers";
import { type QuorumConfig, quorumRunsInPods } from "./quorum";

/** Where images come from and go to. Every one is run by digest, whatever it is named by here. */
export interface ImagesConfig {
  /** Registry and path that images made here are pushed to, or a registry to be made for them. */
  readonly registry: RegistryConfig;
  /** Image with Go, to build the service with. */
  readonly builder: string;
  /** Image with nginx 1.27.3 or newer. */
  readonly nginx: string;
  /** Image with valkey. */
  readonly valkey: string;
  /**
   * Image with MySQL 9.7.
   * @default none: only where there is a database that runs in pods
   */
  readonly mysql?: string | undefined;
  /**
   * Image with etcd 3.5.
   * @default none: only where there is a quorum that runs in pods
   */
  readonly etcd?: string | undefined;
  /**
   * Image with PowerDNS 5.1.
   * @default none: only where there is a dns that runs in pods
   */
  readonly powerdns?: string | undefined;
  /**
   * The service, built elsewhere, as `name@sha256:...`.
   * @default built from source
   */
  readonly web?: string | undefined;
  /**
   * The steward, built elsewhere, as `name@sha256:...`.
   * @default built from source
   */
  readonly steward?: string | undefined;
}

/** Images made from source, each a command of the Go module. */
type BuiltRole = "web" | "steward";
/** Somebody else's images. */
type MirroredRole = "nginx" | "valkey" | "mysql" | "etcd" | "powerdns";
export type ImageRole = BuiltRole | MirroredRole;

/** Images that every region runs, by digest. */
export type Images = Readonly<Record<CommonRole, pulumi.Output<string>>>;
type CommonRole = "web" | "nginx" | "valkey";

/** What images are made of, and for whom. */
export interface ImagesArgs {
  readonly project: string;
  readonly stack: string;
  readonly images: ImagesConfig;
  /** The service's version, and the folder of its source. */
  readonly service: { readonly version: string; readonly source?: string | undefined };
  /** What regions on AWS stand on, by name. */
  readonly grounds: Readonly<Record<string, AwsGround>>;
  /** Images that something runs beside those of every region. */
  readonly alsoRun: readonly Exclude<ImageRole, CommonRole>[];
}

/** Every image, made once. */
export interface MadeImages {
  /** The service's image where it was pushed to: its digest is the same in every region. */
  readonly web: pulumi.Output<string>;
  /** Images as a region pulls them. */
  readonly in: (region: string) => Images;
  /** Images of what regions share. */
  readonly ofPeers: PeerImages;
  /** Image of the DNS server, where it runs in pods. */
  readonly ofDns: pulumi.Output<string> | undefined;
}

/**
 * The steward's version: of its own, since its binary is also the guard in the database's pods, which no release of the
 * service may restart.
 */
const stewardVersion = "0.1.0";

/** Images of what regions share, as far as it runs in pods. */
export const imagesBeside = ({ quorum, database, dns }: SharedParts): ImagesArgs["alsoRun"] => [
  ...(quorum === undefined || database === undefined ? [] : peerRoles(quorum, database)),
  ...(dns !== undefined && dnsRunsInPods(dns) ? (["powerdns"] as const) : []),
];

const peerRoles = (quorum: QuorumConfig, database: DatabaseConfig): ImagesArgs["alsoRun"] => [
  "steward",
  ...(databaseRunsInPods(database) ? (["mysql"] as const) : []),
  ...(quorumRunsInPods(quorum) ? (["etcd"] as const) : []),
];

/** What regions share. */
interface SharedParts {
  readonly quorum?: QuorumConfig | undefined;
  readonly database?: DatabaseConfig | undefined;
  readonly dns?: DnsChoice | undefined;
}

const isBuilt = (role: ImageRole): role is BuiltRole => role === "web" || role === "steward";

/** Makes every image, by digest. */
export function makeImages(
  name: string,
  args: ImagesArgs,
  opts: pulumi.ComponentResourceOptions,
): MadeImages {
  const { images, grounds, project, stack } = args;
  const roles: ImageRole[] = ["web", "nginx", "valkey", ...args.alsoRun];
  const registry = createRegistry(
    `${name}-registry`,
    images.registry,
    { path: namespaceOf(project, stack), grounds, roles: roles.filter((role) => !isByDigest(images[role])) },
    opts,
  );
  const make = (role: ImageRole) => makeImage(`${name}-${role}`, role, args, registry, opts);
  const common = { web: make("web"), nginx: make("nginx"), valkey: make("valkey") };
  const others: Partial<Record<ImageRole, pulumi.Output<string>>> = Object.fromEntries(
    args.alsoRun.map((role) => [role, make(role)]),
  );
  const pulledIn = (region: string, ref: pulumi.Output<string>) => registry.pulledIn(region, ref);
  const steward = (region: string) =>
    pulledIn(region, needed(others.steward, name, { path: ["images", "steward"], allowed: "made" }));
  return {
    web: common.web,
    in: (region) => ({
      web: pulledIn(region, common.web),
      nginx: pulledIn(region, common.nginx),
      valkey: pulledIn(region, common.valkey),
    }),
    ofPeers: { steward, database: others.mysql, quorum: others.etcd },
    ofDns: others.powerdns,
  };
}

const isByDigest = (image: string | undefined): boolean => image !== undefined && hasDigest(image);

/** One image: built from source, copied, or as it is. */
function makeImage(
  name: string,
  role: ImageRole,
  { images, service }: ImagesArgs,
  { repository: repositoryOf, credentials }: Registry,
  opts: pulumi.ComponentResourceOptions,
): pulumi.Output<string> {
  const image = images[role];
  const pushed = { repository: repositoryOf(role), credentials };
  if (!isBuilt(role)) return new MirrorImage(name, { image: required(role, image), ...pushed }, opts).ref;
  if (image !== undefined) return pulumi.output(image);
  const { source: context = "services" } = service;
  const version = role === "web" ? service.version : stewardVersion;
  const source = { context, command: `cmd/${role}`, version, builder: images.builder };
  return new GoImage(name, { ...pushed, ...source }, opts).ref;
}

/** An image that something there needs. */
function required(role: string, image: string | undefined): string {
  const allowed = `the name of an image with ${role}, since something here runs it`;
  return needed(image, "the topology", { path: ["images", role], allowed });
}
