import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import { accountVolume, type Endpoint, secretDirectories } from "../core";

type Volume = types.input.core.v1.Volume;
type VolumeMount = types.input.core.v1.VolumeMount;

/** A database that the service reads and writes, as pods of one region reach it. */
export interface WebDatabase {
  /** Where writes go; nobody answers there while there is no writer. */
  readonly writer: Endpoint;
  /** Where reads go. */
  readonly reader: Endpoint;
  /** The database that holds the service's tables. */
  readonly databaseName: string;
  /** Secrets with `username` and `password`: `app` reads and writes rows, `migrate` makes tables. */
  readonly accounts: Readonly<Record<"app" | "migrate", Input<string>>>;
  /** ConfigMap with `ca.crt`, which the database's certificates are checked against. */
  readonly authorityConfigName: Input<string>;
  /**
   * The name in those certificates.
   * @default the host that is connected to
   */
  readonly serverName?: Input<string> | undefined;
  /**
   * Variables that every session sets before its first statement.
   * @default none
   */
  readonly session?: Readonly<Record<string, string>> | undefined;
}

type Account = keyof WebDatabase["accounts"];

const authority: VolumeMount = { name: "authority", mountPath: secretDirectories.trust, readOnly: true };
const accountsOf = (account: Account): string => `accounts-${account}`;

/** What the process reads of a database, as one of its accounts. */
export function databaseEnvironment(database: WebDatabase, account: Account): Record<string, Input<string>> {
  const address = ({ host, port }: Endpoint): string => `${host}:${port}`;
  return {
    DATABASE_WRITER: address(database.writer),
    DATABASE_READER: address(database.reader),
    DATABASE_NAME: database.databaseName,
    DATABASE_USERNAME_FILE: `${secretDirectories.accounts}/${account}/username`,
    DATABASE_PASSWORD_FILE: `${secretDirectories.accounts}/${account}/password`,
    DATABASE_CA_FILE: `${secretDirectories.trust}/ca.crt`,
    ...connectionEnvironment(database),
  };
}

/** What differs from a plain connection, where anything does. */
function connectionEnvironment({ serverName, session }: WebDatabase): Record<string, Input<string>> {
  return {
    ...(serverName === undefined ? {} : { DATABASE_SERVER_NAME: serverName }),
    ...(session === undefined ? {} : { DATABASE_SESSION: sessionText(session) }),
  };
}

const sessionText = (session: Readonly<Record<string, string>>): string =>
  Object.entries(session)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");

/** The authority, and one volume an account: who serves never sees the password of who makes tables. */
export function databaseVolumes({ accounts, authorityConfigName }: WebDatabase): Volume[] {
  return [
    { name: authority.name, configMap: { name: authorityConfigName } },
    { ...accountVolume({ app: accounts.app }), name: accountsOf("app") },
    { ...accountVolume({ migrate: accounts.migrate }), name: accountsOf("migrate") },
  ];
}

/** Those of the volumes that a container with one of the accounts sees. None is a subPath: those are never renewed. */
export const databaseMounts = (account: Account): VolumeMount[] => [
  authority,
  { name: accountsOf(account), mountPath: secretDirectories.accounts, readOnly: true },
];
