import type { Registered } from "../../review/program";

/** A resource as a program asks for it, with nothing said of it but what a test says. */
export const registered = (type: string, name: string, more: Partial<Registered> = {}): Registered => ({
  type,
  name,
  custom: true,
  parent: undefined,
  provider: undefined,
  dependsOn: [],
  timeouts: undefined,
  protect: false,
  madeFrom: {},
  inputs: {},
  ...more,
});
