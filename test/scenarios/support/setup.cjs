const { execFileSync } = require("node:child_process");

/** Fails at once, with the way out, when there is nothing to test against. */
module.exports = () => {
  try {
    execFileSync(
      "kubectl",
      ["--context", "twinstack-a", "--request-timeout", "5s", "get", "--raw", "/readyz"],
      {
        stdio: "pipe",
      },
    );
    execFileSync("pulumi", ["stack", "output", "endpoints", "--stack", "local"], { stdio: "pipe" });
  } catch (error) {
    throw new Error(
      `no running local environment; run 'make up' first\n${String(error.stderr ?? error).slice(0, 200)}`,
      {
        cause: error,
      },
    );
  }
};
