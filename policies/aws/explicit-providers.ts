import { elements, input, isUncertain, present, providerSetting, unmet } from "../inputs";
import { fails } from "../manifest";
import type { ResourceRule } from "../rule";
import { texts } from "../setting";

const accounts = texts("accounts", "accounts that the stack may be in; any one where it is empty", []);

const credentials = ["accessKey", "secretKey", "token"];

export const explicitProviders: ResourceRule = {
  kind: "resource",
  name: "explicit-providers",
  description: "AWS providers name their region and the accounts they may work in, and hold no credentials.",
  why: "Run with another account's credentials, an update would build everything anew there, or destroy what it finds.",
  settings: [accounts],
  check: (resource, read) => {
    if (resource.type !== "pulumi:providers:aws") return [];
    const found = providerSetting(resource, "allowedAccountIds");
    const known = elements(found).filter((account) => typeof account === "string");
    const strange = known.filter((account) => read(accounts).length > 0 && !read(accounts).includes(account));
    return [
      ...unmet(resource, [present("region", "a region")]),
      ...credentials
        .filter((field) => fails(input(resource, field), (found) => found === undefined))
        .map(
          (field) =>
            `${resource.name} holds ${field}; must be left out: credentials come from the environment, not from the state`,
        ),
      ...(isUncertain(found) || known.length > 0
        ? []
        : [`${resource.name}: allowedAccountIds is empty; must be the account that the stack belongs in`]),
      ...strange.map(
        (account) =>
          `${resource.name}: allowedAccountIds has ${account}; must be of ${read(accounts).join(", ")}`,
      ),
    ];
  },
};
