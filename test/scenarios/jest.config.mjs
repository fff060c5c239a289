/** Scenarios on the live environment: one after the other, in the order of their names. */
export default {
  rootDir: "../..",
  roots: ["<rootDir>/test/scenarios"],
  testMatch: ["**/*.test.ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "commonjs" } },
    ],
  },
  testSequencer: "<rootDir>/test/scenarios/support/sequencer.cjs",
  globalSetup: "<rootDir>/test/scenarios/support/setup.cjs",
  testTimeout: 300_000,
  verbose: true,
};
