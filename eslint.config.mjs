import js from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/** Imports point one way: stacks -> topology, region -> components -> core. */
const leafComponents = [
  "image",
  "workload",
  "routing",
  "dns",
  "cluster",
  "trust",
  "identity",
  "observability",
];
/** What regions share is made of trust, and of what was made before it. */
const peerComponents = {
  quorum: ["trust"],
  database: ["trust"],
  steward: ["trust", "identity", "quorum", "database"],
};
const zones = [
  { target: "./components", from: "./stacks", message: "components never read stacks" },
  { target: "./components/core", from: "./components", except: ["./core"], message: "core imports nothing" },
  {
    target: "./components/aws",
    from: "./components",
    except: ["./aws", "./core"],
    message: "what AWS' parts have in common imports only core",
  },
  ...leafComponents.map((room) => ({
    target: `./components/${room}`,
    from: "./components",
    except: [`./${room}`, "./core", "./aws"],
    message: "a leaf component imports only itself, core and aws; topology and region join them",
  })),
  ...Object.entries(peerComponents).map(([room, rooms]) => ({
    target: `./components/${room}`,
    from: "./components",
    except: [room, "core", "aws", ...rooms].map((each) => `./${each}`),
    message: `${room} imports only core and ${rooms.join(", ")}`,
  })),
  {
    target: ["./stacks", "./components"],
    from: ["./platform", "./test", "./policies", "./review"],
    message: "the program knows nothing of platform, tests, policies or reviews",
  },
];

export default tseslint.config(
  { ignores: ["node_modules/", ".local/", "coverage/", "test/results/", "test/fixtures/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver()] },
    rules: {
      "import-x/no-restricted-paths": ["error", { zones }],
      "import-x/no-cycle": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  {
    // Pulumi resources act by being constructed.
    files: ["components/**/*.ts", "stacks/**/*.ts", "policies/**/*.ts", "examples/**/*.ts", "test/**/*.ts"],
    rules: { "no-new": "off", "@typescript-eslint/no-extraneous-class": "off" },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: {
      globals: Object.fromEntries(
        ["process", "console", "URL", "Buffer", "setInterval", "clearInterval"].map((name) => [
          name,
          "readonly",
        ]),
      ),
    },
  },
);
