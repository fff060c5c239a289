/** Unit tests: no cluster, no daemon, no network. Scenarios on the live environment have their own config. */
export default {
  roots: ["<rootDir>/test", "<rootDir>/platform/plugins"],
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/test/scenarios/"],
  transform: {
    "^.+\\.[cm]?[jt]s$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "commonjs" } },
    ],
  },
  // Packages that ship only ES modules must be transformed as well.
  transformIgnorePatterns: ["/node_modules/(?!(@kubernetes/client-node|openid-client|oauth4webapi|jose)/)"],
};
