import type { Cluster } from "./cluster";
import { eventually } from "./command";

/** What the steward tells of the stack, as far as scenarios read it. */
export interface StewardStatus {
  readonly writer: string;
  readonly open: boolean;
  readonly epoch: number;
  readonly promise: { readonly rpo: string; readonly synced: readonly string[] | null };
  readonly regions: readonly {
    readonly name: string;
    readonly inService: boolean;
    readonly database: string;
    readonly errant?: string;
  }[];
}

/** The steward's command line in one region. */
export class Steward {
  constructor(private readonly cluster: Cluster) {}

  /** Standard output of one command. */
  run(...args: string[]): Promise<string> {
    return this.cluster.kubectl("exec", "deploy/steward", "--", "/service", ...args);
  }

  async status(): Promise<StewardStatus> {
    return JSON.parse(await this.run("status", "--json")) as StewardStatus;
  }

  /** Waits until the status is as wanted. */
  until(what: string, wanted: (status: StewardStatus) => boolean, seconds: number): Promise<StewardStatus> {
    return eventually(
      what,
      async () => {
        const status = await this.status();
        return wanted(status) ? status : undefined;
      },
      { deadlineSeconds: seconds },
    );
  }
}

/** Both regions serve, one of them writes, and the other one has all that was acknowledged. */
export const isWhole = ({ open, promise, regions }: StewardStatus): boolean =>
  open && (promise.synced ?? []).length === 1 && regions.every(({ inService }) => inService);
