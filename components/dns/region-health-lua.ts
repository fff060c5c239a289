import type { AddressTarget, DnsPolicy } from "./dns";

/** How regions are asked for their health. */
export interface HealthChecks {
  readonly intervalSeconds: number;
  /** One question may take this long. */
  readonly timeoutSeconds: number;
  /** As many failures in a row take a region out; one success brings it back. */
  readonly failures: number;
}

/**
 * Longest until a change is noticed: it may come just after a question, and each question that is not answered takes
 * its whole timeout before the next one is asked.
 */
export const checksDetectionSeconds = ({ intervalSeconds, timeoutSeconds, failures }: HealthChecks): number =>
  failures * (intervalSeconds + timeoutSeconds);

/** What the zone's records call. */
export const answerCall = (policy: DnsPolicy): string => `regionAnswer('${policy}')`;
export const stateCall = "regionState()";

/** The first word of the state: whether every region has been asked often enough to be judged. */
export const settledWord = "settled";

/** A Lua string; what goes in has been checked to be a name, an address or a URL. */
const quote = (text: string): string => JSON.stringify(text);

function target({ name, address, healthUrl }: AddressTarget): string {
  const { port, protocol } = new URL(healthUrl);
  const defaultPort = protocol === "https:" ? "443" : "80";
  const fields = [
    `name = ${quote(name)}`,
    `address = ${quote(address)}`,
    `port = ${port === "" ? defaultPort : port}`,
    `url = ${quote(healthUrl)}`,
  ];
  return `  { ${fields.join(", ")} },`;
}

/**
 * The rule of {@link DnsTarget} in Lua, as PowerDNS runs it at every query; its own threads ask the regions.
 *
 * PowerDNS shows a check that was not made yet as down, and one that failed once of the two times it takes, right after
 * the start, as up. Three more checks, looked at only by whoever waits for the start to be over, tell which it is.
 */
export function renderRegionHealth(
  targets: readonly AddressTarget[],
  { timeoutSeconds, failures }: HealthChecks,
): string {
  return `local targets = {
${targets.map(target).join("\n")}
}

-- PowerDNS takes options as strings. A list of one address comes back whole when it is up, and empty when not.
local function check(options)
  options.timeout = "${timeoutSeconds}"
  options.selector = "all"
  options.backupSelector = "empty"
  return options
end
local reached = check({})
local healthy = check({ minimumFailures = "${failures}" })
local saidYes = check({ minimumFailures = "1" })
-- Up once they were made: they can't fail often enough. Once will do, so the next time is a day later.
local asked = check({ minimumFailures = "1000000000", interval = "86400" })
local askedAfter = check({ minimumFailures = "1000000001", interval = "86400" })

local function says(target, options)
  return #ifurlup(target.url, { target.address }, options) > 0
end

-- Every check is looked at each time, needed or not: PowerDNS goes on with those that are looked at.
local function stateOf(target)
  local isReached = #ifportup(target.port, { target.address }, reached) > 0
  if says(target, healthy) then return "healthy" end
  return isReached and "refusing" or "unreached"
end

-- Judged: it said yes, or failed as often as it takes. PowerDNS makes checks in rounds and ends a round before it begins
-- the next: a check first looked at when \`asked\` was made is made in a later round than those looked at before it.
local function isSettled(target)
  stateOf(target)
  says(target, saidYes)
  if not (says(target, asked) and says(target, askedAfter)) then return false end
  return stateOf(target) ~= "healthy" or says(target, saidYes)
end

function regionAnswer(policy)
  local byState = { healthy = {}, unreached = {}, refusing = {} }
  for _, target in ipairs(targets) do
    table.insert(byState[stateOf(target)], target.address)
  end
  for _, state in ipairs({ "healthy", "unreached", "refusing" }) do
    local addresses = byState[state]
    if #addresses > 0 then
      return policy == "failover" and { addresses[1] } or addresses
    end
  end
end

function regionState()
  local all, words = true, {}
  for _, target in ipairs(targets) do
    all = isSettled(target) and all
    table.insert(words, target.name .. "=" .. stateOf(target))
  end
  return (all and "${settledWord} " or "asking ") .. table.concat(words, " ")
end
`;
}
